-- Numbers sections, figures, tables and equations as Quarto does, and turns @fig-, @tbl-, @eq- and @sec- into links.
local words = { fig = "Figure", tbl = "Table", eq = "Equation", sec = "Section" }
local counts, section, numbers = { fig = 0, tbl = 0, eq = 0 }, { 0, 0, 0, 0, 0, 0 }, {}
local typst = FORMAT == "typst"

local function kind_of(id) return words[id:match("^(%l+)%-")] and id:match("^(%l+)%-") end

local function number(id, kind)
  counts[kind] = counts[kind] + 1
  numbers[id] = tostring(counts[kind])
  return numbers[id]
end

-- In HTML the title is the one heading of the first level.
local function header(el)
  if not el.classes:includes("unnumbered") then
    section[el.level] = section[el.level] + 1
    for level = el.level + 1, 6 do section[level] = 0 end
    local n = table.concat(section, ".", 1, el.level)
    numbers[el.identifier] = n
    if not typst then el.content:insert(1, pandoc.Span(n .. "\u{a0}", { class = "header-section-number" })) end
  end
  if not typst then el.level = math.min(el.level + 1, 6) end
  return el
end

local function float(el)
  local kind = kind_of(el.identifier)
  if kind ~= "fig" and kind ~= "tbl" then return end
  local caption = el.content:remove().content
  caption:insert(1, pandoc.Strong(words[kind] .. "\u{a0}" .. number(el.identifier, kind) .. ": "))
  local class = "quarto-float-" .. kind
  if not typst then
    local body = pandoc.Div(el.content, { tabindex = kind == "tbl" and "0" or nil }) -- a wide table scrolls, by keyboard only with the focus
    return pandoc.Figure(body, { pandoc.Plain(caption) }, { el.identifier, { class } }), false
  end
  -- pandoc wraps a table in a figure of its own, which must stay below the caption where figures float
  local inner = kind == "tbl" and '#show figure: set figure(placement: none, scope: "column")' or ""
  el.content:insert(1, pandoc.RawBlock("typst", '#figure(kind: "' .. class .. '", [' .. inner))
  el.content:extend { pandoc.RawBlock("typst", "], caption: ["), pandoc.Plain(caption), pandoc.RawBlock("typst", "]) <" .. el.identifier .. ">") }
  return el.content, false
end

local function equations(inlines)
  local out = pandoc.Inlines {}
  for _, el in ipairs(inlines) do
    local id = el.t == "Str" and el.text:match("^{#(eq%-[^}]+)}$")
    if not id then
      out:insert(el)
    else
      while out[#out].t ~= "Math" do out:remove() end
      local math, n = out:remove(), "(" .. number(id, "eq") .. ")"
      if typst then
        out:extend { pandoc.RawInline("typst", '#[#set math.equation(numbering: _ => "' .. n .. '")\n'), math, pandoc.RawInline("typst", "] <" .. id .. ">") }
      else
        out:insert(pandoc.Span({ math, pandoc.Span(n, { class = "number" }) }, { id = id, tabindex = "0" }))
      end
    end
  end
  return out
end

local function reference(cite)
  if not kind_of(cite.citations[1].id) then return end
  local out = pandoc.Inlines {}
  for i, citation in ipairs(cite.citations) do
    local n, word = numbers[citation.id], words[kind_of(citation.id) or ""]
    if i > 1 then out:extend { pandoc.Str(","), pandoc.Space() } end
    if #citation.prefix > 0 then out:extend(citation.prefix); out:insert(pandoc.Space()) end
    local text = citation.mode == "SuppressAuthor" and n or (word or "") .. "\u{a0}" .. (n or "")
    out:insert(n and pandoc.Link(text, "#" .. citation.id) or pandoc.Strong("?@" .. citation.id))
  end
  return out
end

-- Alternative text: HTML takes it from the caption; the Typst writer drops it, so the image is written out.
local function image(el)
  local alt = el.attributes["fig-alt"] or pandoc.utils.stringify(el.caption)
  if not typst then return pandoc.Image(alt, el.src, "", { class = table.concat(el.classes, " "), width = el.attributes.width }) end
  local width = (el.attributes.width or ""):match("^%d+%%$")
  local options = (width and ", width: " .. width or "") .. ", alt: " .. string.format("%q", alt)
  return pandoc.RawInline("typst", '#box(image("' .. el.src:gsub("^%.%./", "/") .. '"' .. options .. "))")
end

function Pandoc(doc)
  doc = doc:walk { traverse = "topdown", Header = header, Div = float, Inlines = equations }
  return doc:walk { Cite = reference, Image = image }
end
