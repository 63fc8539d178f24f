-- Keeps what is marked `.content-visible when-format="html"` in HTML, unwrapped, and drops it elsewhere, as Quarto does.
local function shown(el)
  if el.classes:includes("content-visible") and el.attributes["when-format"] == "html" then return FORMAT:match("^html") and el.content or {} end
end

return { { Div = shown, Span = shown } }
