-- Turns the manuscript into AASTeX: numbered equations, figures with alternative text, deluxetables, \ref, and symbols that pdfTeX can print.
local words = { fig = "Figure~", tbl = "Table~", eq = "Equation~", sec = "Section~" }
local LINE = 124 -- characters that fit across the page in the type of a table
local PAGE = 45 -- lines of a table that fit on one page; a longer one may break
local NARROW = 330 -- points; a wider figure takes the whole page

local function tex(text) return pandoc.RawInline("latex", text) end

local function kind_of(id) return words[id:match("^(%l+)%-")] and id:match("^(%l+)%-") end

-- Symbols ------------------------------------------------------------------------------------------------------------

local symbols = {
  ["−"] = "$-$", ["×"] = "$\\times$", ["±"] = "$\\pm$", ["·"] = "$\\cdot$", ["≥"] = "$\\geq$", ["≤"] = "$\\leq$", ["≈"] = "$\\approx$", ["≠"] = "$\\neq$",
  ["≫"] = "$\\gg$", ["≪"] = "$\\ll$", ["∼"] = "$\\sim$", ["∞"] = "$\\infty$", ["√"] = "$\\surd$", ["∝"] = "$\\propto$", ["∈"] = "$\\in$", ["°"] = "$^\\circ$",
  ["→"] = "$\\rightarrow$", ["←"] = "$\\leftarrow$", ["↔"] = "$\\leftrightarrow$", ["⇒"] = "$\\Rightarrow$", ["′"] = "$'$", ["″"] = "$''$", ["µ"] = "$\\mu$",
  ["★"] = "$_\\star$", ["☉"] = "$_\\odot$", ["⊙"] = "$_\\odot$", ["⊕"] = "$_\\oplus$", ["†"] = "\\dag{}", ["‡"] = "\\ddag{}", ["§"] = "\\S{}", ["✓"] = "$\\checkmark$",
  ["½"] = "$\\frac12$", ["¼"] = "$\\frac14$", ["…"] = "\\ldots{}", ["•"] = "\\textbullet{}", ["‑"] = "-", ["‐"] = "-", ["‒"] = "--", ["—"] = "---", ["–"] = "--",
  ["“"] = "``", ["”"] = "''", ["‘"] = "`", ["’"] = "'", ["\u{a0}"] = "~", ["\u{202f}"] = "\\,", ["\u{2009}"] = "\\,", ["\u{200b}"] = "", ["©"] = "\\copyright{}",
  ["ð"] = "\\dh{}", ["Ð"] = "\\DH{}", ["þ"] = "\\th{}", ["Þ"] = "\\TH{}", ["đ"] = "\\dj{}", ["Đ"] = "\\DJ{}",
}
for letter, name in pairs {
  ["α"] = "alpha", ["β"] = "beta", ["γ"] = "gamma", ["δ"] = "delta", ["ε"] = "varepsilon", ["ζ"] = "zeta", ["η"] = "eta", ["θ"] = "theta", ["κ"] = "kappa",
  ["λ"] = "lambda", ["μ"] = "mu", ["ν"] = "nu", ["ξ"] = "xi", ["π"] = "pi", ["ρ"] = "rho", ["σ"] = "sigma", ["τ"] = "tau", ["φ"] = "phi", ["χ"] = "chi",
  ["ψ"] = "psi", ["ω"] = "omega", ["Γ"] = "Gamma", ["Δ"] = "Delta", ["Θ"] = "Theta", ["Λ"] = "Lambda", ["Π"] = "Pi", ["Σ"] = "Sigma", ["Φ"] = "Phi",
  ["Ψ"] = "Psi", ["Ω"] = "Omega",
} do symbols[letter] = "$\\" .. name .. "$" end
local raised, lowered = {}, {}
for i, digit in ipairs { "⁰", "¹", "²", "³", "⁴", "⁵", "⁶", "⁷", "⁸", "⁹" } do raised[digit] = tostring(i - 1) end
for i, digit in ipairs { "₀", "₁", "₂", "₃", "₄", "₅", "₆", "₇", "₈", "₉" } do lowered[digit] = tostring(i - 1) end
raised["⁻"], raised["⁺"] = "-", "+"

-- Accented letters are left to the writer; any other character without an entry would print as nothing, so it stops the build.
local function printable(el)
  local before, base, index, after = el.text:match("^(%(?)([%aε]+)_(%a+)([%),;:]*)$")
  if base and (#base == 1 or base == "ε") then
    base = base == "ε" and "\\varepsilon" or base
    return pandoc.Inlines { pandoc.Str(before), tex("$" .. base .. "_{\\mathrm{" .. index .. "}}$"), pandoc.Str(after) }
  end
  if not el.text:find("[\128-\255]") then return end
  local out, plain, run, mark = pandoc.Inlines {}, "", "", nil
  local function flush()
    if plain ~= "" then out:insert(pandoc.Str(plain)) end
    if run ~= "" then out:insert(tex("$" .. mark .. "{" .. run .. "}$")) end
    plain, run, mark = "", "", nil
  end
  for _, code in utf8.codes(el.text) do
    local char = utf8.char(code)
    local level = raised[char] and "^" or lowered[char] and "_" or nil
    if level then
      if plain ~= "" or level ~= mark then flush() end
      mark, run = level, run .. (raised[char] or lowered[char])
    else
      if run ~= "" then flush() end
      if symbols[char] then
        flush()
        out:insert(tex(symbols[char]))
      elseif code < 128 or (code >= 0xC0 and code <= 0x17F) then
        plain = plain .. char
      else
        error(string.format("the character %s (U+%04X) in \"%s\" has no TeX form: add it to manuscript/submission/aastex.lua", char, code, el.text))
      end
    end
  end
  flush()
  return out
end

-- Equations ----------------------------------------------------------------------------------------------------------

local function equations(inlines)
  local out = pandoc.Inlines {}
  for _, el in ipairs(inlines) do
    local id, rest
    if el.t == "Str" then id, rest = el.text:match("^{#(eq%-[^}]+)}(.*)$") end
    if not id then
      out:insert(el)
    else
      while out[#out].t ~= "Math" do out:remove() end
      local body = out:remove().text:gsub("^%s+", ""):gsub("%s+$", "")
      while #out > 0 and (out[#out].t == "SoftBreak" or out[#out].t == "Space") do out:remove() end -- an empty line would end the paragraph
      out:insert(tex((#out > 0 and "\n" or "") .. "\\begin{equation}\\label{" .. id .. "}\n" .. body .. "\n\\end{equation}"))
      if rest ~= "" then out:insert(pandoc.Str(rest)) end
    end
  end
  return out
end

local function displayed(block) return block and block.t == "Para" and block.content[1] and block.content[1].t == "Math" and block.content[1].mathtype == "DisplayMath" end

local function continues(block)
  local first = block and block.t == "Para" and block.content[1]
  return first and ((first.t == "Str" and first.text:match("^%l")) or (first.t == "Cite" and not kind_of(first.citations[1].id) and first.citations[1].mode == "NormalCitation"))
end

-- An equation belongs to the paragraph before it, and to the one after it where the sentence goes on.
local function joined(blocks)
  local out, open = pandoc.Blocks {}, false
  for _, block in ipairs(blocks) do
    local last = out[#out]
    if last and last.t == "Para" and (displayed(block) or (open and continues(block))) then
      last.content:insert(pandoc.SoftBreak())
      last.content:extend(block.content)
      out[#out] = last
    else
      out:insert(block)
    end
    open = displayed(block)
  end
  return out
end

-- Figures and tables -------------------------------------------------------------------------------------------------

local function quoted(text) -- words of a plain text, so that the writer escapes them
  local out = pandoc.Inlines {}
  for word in text:gmatch("%S+") do
    if #out > 0 then out:insert(pandoc.Space()) end
    out:insert(pandoc.Str(word))
  end
  return out
end

local function figure(el, caption)
  local image
  el:walk { Image = function(found) image = image or found end }
  local file = assert(io.open(image.src), image.src .. " is missing")
  local points = tonumber(file:read(2000):match('width="([%d.]+)pt"'))
  file:close()
  local wide = points == nil or points > NARROW
  local stem = image.src:match("([^/]+)%.%w+$")
  local size = wide and "\\textwidth" or "0.55\\textwidth"
  local share = (image.attributes.width or ""):match("^(%d+)%%$")
  if wide and share then size = string.format("%.2f\\textwidth", tonumber(share) / 100) end
  local star = wide and "*" or ""
  local out = pandoc.Inlines { tex("\\begin{figure" .. star .. "}\n\\centering\n\\includegraphics[width=" .. size .. ",alt={") }
  out:extend(quoted(image.attributes["fig-alt"] or pandoc.utils.stringify(image.caption)))
  out:insert(tex("}]{" .. stem .. ".pdf}\n\\caption{"))
  out:extend(caption)
  out:insert(tex("\\label{" .. el.identifier .. "}}\n\\end{figure" .. star .. "}"))
  return pandoc.Para(out)
end

-- The title of a table is its first sentence; what follows stands below as a comment, as the journal wants it.
local function split(caption)
  local title, comment = pandoc.Inlines {}, pandoc.Inlines {}
  for i, el in ipairs(caption) do
    local ended = #title > 0 and title[#title].t == "Str" and title[#title].text:match("%a%.$") and el.t:match("Space") or el.t == "SoftBreak" and #title > 0 and title[#title].t == "Str" and title[#title].text:match("%a%.$")
    if #comment > 0 or (ended and caption[i + 1] and not (caption[i + 1].t == "Str" and caption[i + 1].text:match("^%l"))) then
      comment:insert(el)
    else
      title:insert(el)
    end
  end
  if #comment > 0 then comment:remove(1) end
  return title, comment
end

-- Characters of a cell as wide as letters; raised and lowered digits count half.
local function length(cell)
  local text, small = pandoc.utils.stringify(cell), 0
  for _, code in utf8.codes(text) do
    local char = utf8.char(code)
    if raised[char] or lowered[char] then small = small + 1 end
  end
  return utf8.len(text) - 0.5 * small
end

-- Characters of the longest piece of a cell that no line ends in: blanks that keep words together end none.
local function longest_piece(cell)
  local most = 0
  for piece in pandoc.utils.stringify(cell):gmatch("[^ \n]+") do most = math.max(most, utf8.len(piece)) end
  return most
end

-- Natural columns where the table fits; else a column no longer than a fair share stays natural, and the others divide what is left by the
-- amount of their text, but each holds its longest piece. Returns the column types, the widths of paragraph columns (shares of the text width) and the lines of the table.
local function columns(simple)
  local longest, amount, total, count = {}, {}, 0, #simple.headers
  for i = 1, count do
    longest[i], amount[i] = length(simple.headers[i]), 1
    for _, row in ipairs(simple.rows) do
      longest[i] = math.max(longest[i], length(row[i]))
      amount[i] = amount[i] + length(row[i])
    end
    total = total + longest[i] + 2
  end
  local natural, left, open = {}, LINE, count
  local settled = false
  while not settled do
    settled = true
    for i = 1, count do
      if not natural[i] and (total <= LINE or longest[i] + 2 <= left / open) then
        natural[i], settled = true, false
        left, open = left - longest[i] - 2, open - 1
      end
    end
  end
  local specs, widths, shared, lines = {}, {}, 0, 0
  for i = 1, count do
    specs[i] = natural[i] and simple.aligns[i] == "AlignRight" and "r" or "l"
    if not natural[i] then shared = shared + math.sqrt(amount[i]) end
  end
  local room = 0.91 * left / LINE
  for i = 1, count do
    if not natural[i] then
      local least = longest_piece(simple.headers[i])
      for _, row in ipairs(simple.rows) do least = math.max(least, longest_piece(row[i])) end
      if least / LINE > room * math.sqrt(amount[i]) / shared then
        widths[i], room, shared = least / LINE, room - least / LINE, shared - math.sqrt(amount[i])
      end
    end
  end
  for i = 1, count do
    if not (natural[i] or widths[i]) then widths[i] = room * math.sqrt(amount[i]) / shared end
  end
  for _, row in ipairs(simple.rows) do
    local most = 1
    for i, width in pairs(widths) do most = math.max(most, math.ceil(1.15 * length(row[i]) / (width * LINE))) end
    lines = lines + most
  end
  return table.concat(specs), widths, lines
end

-- The class fails on paragraph columns in tables across the page, so a long text is a paragraph box in a plain column.
local function cell_content(cell, width)
  local content = pandoc.utils.blocks_to_inlines(cell)
  if width and #content > 0 then
    content:insert(1, tex(string.format("\\parbox[t]{%.3f\\textwidth}{\\raggedright\\strut ", width)))
    content:insert(tex("\\strut}"))
  end
  return content
end

local function deluxetable(el, caption)
  local found
  el:walk { Table = function(table_found) found = found or table_found end }
  local simple = pandoc.utils.to_simple_table(found)
  local spec, widths, lines = columns(simple)
  local title, comment = split(caption)
  local long = lines > PAGE
  local name = long and "deluxetable" or "deluxetable*"
  local out = pandoc.Inlines { tex((long and "\\startlongtable\n" or "") .. "\\begin{" .. name .. "}{" .. spec .. "}\n\\tabletypesize{\\footnotesize}\n\\tablecaption{") }
  out:extend(title)
  out:insert(tex("\\label{" .. el.identifier .. "}}\n\\tablehead{"))
  for i, cell in ipairs(simple.headers) do
    if i > 1 then out:insert(tex(" & ")) end
    out:insert(tex("\\colhead{"))
    out:extend(cell_content(cell, widths[i]))
    out:insert(tex("}"))
  end
  out:insert(tex("}\n\\startdata\n"))
  for n, row in ipairs(simple.rows) do
    for i, cell in ipairs(row) do
      if i > 1 then out:insert(tex(" & ")) end
      out:extend(cell_content(cell, widths[i]))
    end
    out:insert(tex(n < #simple.rows and " \\\\\n" or "\n"))
  end
  out:insert(tex("\\enddata\n"))
  if #comment > 0 then
    out:insert(tex("\\tablecomments{"))
    out:extend(comment)
    out:insert(tex("}\n"))
  end
  out:insert(tex("\\end{" .. name .. "}"))
  return pandoc.Para(out)
end

local function div(el)
  if el.identifier == "refs" then return {} end
  local kind = kind_of(el.identifier)
  if kind == "fig" or kind == "tbl" then return (kind == "fig" and figure or deluxetable)(el, el.content:remove().content), false end
end

-- References and sections --------------------------------------------------------------------------------------------

local function reference(cite)
  if not kind_of(cite.citations[1].id) then return end
  local out = pandoc.Inlines {}
  for i, citation in ipairs(cite.citations) do
    local word = words[kind_of(citation.id) or ""] or ""
    if i > 1 then out:extend { pandoc.Str(","), pandoc.Space() } end
    if #citation.prefix > 0 then -- a prefix stands for the word
      out:extend(citation.prefix)
      word = "~"
    end
    local label = kind_of(citation.id) == "eq" and "(\\ref{" .. citation.id .. "})" or "\\ref{" .. citation.id .. "}"
    out:insert(tex((citation.mode == "SuppressAuthor" and "" or word) .. label))
  end
  return out
end

-- The class sets no target for a heading without a number, so it gets one of its own for links and bookmarks.
local function unnumbered(header)
  local name = ({ "section", "subsection", "subsubsection" })[header.level] or "paragraph"
  local out = pandoc.Inlines { tex("\\" .. name .. "*{") }
  out:extend(header.content)
  out:insert(tex("}\\phantomsection\\label{" .. header.identifier .. "}\\addcontentsline{toc}{" .. name .. "}{"))
  out:extend(header.content)
  out:insert(tex("}"))
  return pandoc.Para(out)
end

-- The acknowledgements have an environment of their own; the list of references follows from the template; appendices are announced once.
local function sections(blocks)
  local out, open, appendix = pandoc.Blocks {}, false, false
  for _, block in ipairs(blocks) do
    if block.t == "Header" then
      if open then out:insert(pandoc.RawBlock("latex", "\\end{acknowledgments}")) end
      open = block.identifier:match("^acknowledge?ments$") ~= nil
      if block.classes:includes("appendix") and not appendix then
        appendix = true
        out:insert(pandoc.RawBlock("latex", "\\appendix"))
      end
      if open then
        out:insert(pandoc.RawBlock("latex", "\\begin{acknowledgments}"))
      elseif block.identifier ~= "references" then
        out:insert(block.classes:includes("unnumbered") and unnumbered(block) or block)
      end
    else
      out:insert(block)
    end
  end
  if open then out:insert(pandoc.RawBlock("latex", "\\end{acknowledgments}")) end
  return out
end

function Pandoc(doc)
  doc = doc:walk { Blocks = joined }:walk { traverse = "topdown", Div = div }
  doc.blocks = sections(doc.blocks)
  doc = doc:walk { Inlines = equations }:walk { Cite = reference }
  return doc:walk { Str = printable, Span = function(el) return el.content end }
end
