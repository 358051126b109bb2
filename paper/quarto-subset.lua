-- Just the part of Quarto's syntax that the manuscript uses, for pandoc alone: once for all formats, each of which then
-- gives what is marked here its own shape (shapes.lua).
--
--   {{< var step.name >}}                 a value from _variables.yml, in text and front matter
--   {{< include path.md >}}               on a line of its own
--   ![Caption](path){#fig-x fig-alt=""}   a numbered figure; the path has no ending
--   : Caption {#tbl-x}                    a numbered table
--   $$ ... $$ {#eq-x}                     a numbered equation, a paragraph of its own
--   # Heading {#sec-x}                    a numbered heading, with .unnumbered or .appendix if need be
--   ::: {#fig-x layout-ncol=2}            figures side by side: (a), (b), and a caption as last paragraph
--   ::: {.callout-note title="..."}       also -tip, -important, -warning, -caution
--   @fig-x @tbl-x @eq-x @sec-x -@fig-x    references; [@fig-x; @fig-y] too
--   ::: {#refs}                           where the list of references goes
--
-- Numbers and wording are Quarto's. Anything else of Quarto's is an error that names the place: a filter
-- that let it pass would print it as text.

local NAMES = { fig = "Figure", tbl = "Table", eq = "Equation", sec = "Section" }
local CALLOUTS = { note = "Note", tip = "Tip", important = "Important", warning = "Warning", caution = "Caution" }
local HEADING_CLASSES = { unnumbered = true, unlisted = true, appendix = true }
local NBSP = "\u{a0}"

-- As `--from` of the call: raw HTML is refused, and to look for it at every "<" would take most of the time.
local READER = "markdown-raw_html-native_divs-native_spans"
local source = PANDOC_STATE.input_files[1]
local faults = pandoc.List()
local numbers = {}   -- label -> "3", "2.1" or "1 (a)"
local files = { source }

-- Note an error, with the first line of the sources that holds `needle`.
local function fault(message, needle)
  for _, file in ipairs(files) do
    local number = 0
    for line in io.lines(file) do
      number = number + 1
      if line:find(needle, 1, true) then
        return faults:insert(("%s, line %d: %s"):format(file, number, message))
      end
    end
  end
  faults:insert(source .. ": " .. message)
end

local function read(path)
  local file = io.open(path, "rb")
  if not file then return nil end
  local text = file:read("a")
  file:close()
  return text
end

-- Values: read as metadata, so that they mean what they would mean in a Quarto project.
local variables = pandoc.read("---\n" .. (read("_variables.yml") or "{}") .. "\n---\n", READER).meta

-- Behind a sign that is text, so that this filter doesn't take it for a part of the syntax: a character that no text
-- has, which goes at the end. In a table such signs have a backslash; in a value all of them are text.
local LITERAL = "\u{e000}"
local function literal(value)
  return value:walk { Str = function(str) str.text = str.text:gsub("[<{]", "%0" .. LITERAL) return str end }
end
local function as_written(el)
  if not el.text:find(LITERAL, 1, true) then return nil end
  el.text = el.text:gsub(LITERAL, "")
  return el
end

local function value_of(name)
  local value = variables
  for part in name:gmatch("[^.]+") do
    local kind = pandoc.utils.type(value)
    value = (kind == "Meta" or kind == "table") and value[part] or nil
  end
  if pandoc.utils.type(value) == "Inlines" then return literal(value) end
  if pandoc.utils.type(value) == "Blocks" then return literal(pandoc.utils.blocks_to_inlines(value)) end
  fault(('there is no value "%s" for {{< var >}}'):format(name), "var " .. name .. " ")
  return pandoc.Inlines("?")
end

local function shortcode(words)
  if words[1] == "var" and #words == 2 then return value_of(words[2]) end
  local text = table.concat(words, " ")
  if words[1] == "include" then
    fault(("{{< %s >}} must stand alone, as a paragraph of the manuscript itself"):format(text), text)
  else
    fault(("{{< %s >}} is not understood; there are {{< var NAME >}} and {{< include PATH >}}"):format(text), text)
  end
  return pandoc.Inlines("?")
end

-- Replace shortcodes, which pandoc has read as words: "{{<", "var", "a.b", ">}},".
local function expand(inlines)
  if not inlines:find_if(function(each) return each.t == "Str" and each.text:find("{{<", 1, true) end) then return nil end
  local out, i = pandoc.Inlines {}, 1
  while i <= #inlines do
    local before = inlines[i].t == "Str" and inlines[i].text:match("^(.-){{<$")
    if not before then
      if inlines[i].t == "Str" and inlines[i].text:find("{{<", 1, true) then
        fault("a shortcode is written {{< var NAME >}}, with blanks", inlines[i].text)
      end
      out:insert(inlines[i])
      i = i + 1
    else
      local words, after = {}, nil
      while not after and i < #inlines do
        i = i + 1
        if inlines[i].t == "Str" then
          after = inlines[i].text:match("^>}}(.*)$")
          if not after then table.insert(words, inlines[i].text) end
        end
      end
      if not after then fault("a shortcode is not closed by >}}", "{{< " .. (words[1] or "")) end
      if before ~= "" then out:insert(pandoc.Str(before)) end
      out:extend(shortcode(words))
      if after and after ~= "" then inlines[i] = pandoc.Str(after) else i = i + 1 end
    end
  end
  return out
end

-- Put in included files. The paragraph after an included table is the table's note.
local function include(blocks)
  local out = pandoc.Blocks {}
  for _, block in ipairs(blocks) do
    local path = block.t == "Para" and pandoc.utils.stringify(block):match("^{{<%s+include%s+(%S+)%s+>}}$")
    local text = path and read(path)
    if not path then
      out:insert(block)
    elseif not text then
      fault("there is no file " .. path, path)
    else
      table.insert(files, path)
      local previous
      for _, each in ipairs(pandoc.read(text:gsub("\\%p", "%0" .. LITERAL), READER).blocks) do
        local note = each.t == "Para" and previous == "Table"
        out:insert(note and pandoc.Div({ each }, pandoc.Attr("", { "table-note" })) or each)
        previous = each.t
      end
    end
  end
  return out
end

local function kind_of(label) return label:match("^(%l+)%-") end

local function register(label, number)
  if numbers[label] then fault(("the label %s is given twice"):format(label), "#" .. label) end
  numbers[label] = number
end

-- Put "Figure 3: " before a caption.
local function prefix_caption(caption, text)
  local first = caption.long[1]
  if not first then return false end
  first.content:insert(1, pandoc.Str(text))
  first.content:insert(2, pandoc.Space())
  return true
end

-- The text for readers who don't see the figure.
local function set_alt(figure)
  return figure:walk { Image = function(image)
    if image.attributes["fig-alt"] then
      image.caption = pandoc.Inlines(image.attributes["fig-alt"])
      image.attributes["fig-alt"] = nil
    end
    return image
  end }
end

local count = { fig = 0, tbl = 0, eq = 0 }
local section = {}

local function next_number(kind)
  count[kind] = count[kind] + 1
  return tostring(count[kind])
end

local function number_heading(heading)
  for _, class in ipairs(heading.classes) do
    if not HEADING_CLASSES[class] then fault(("a heading can't have the class .%s"):format(class), "." .. class) end
  end
  if heading.classes:includes("unnumbered") then return end
  section[heading.level] = (section[heading.level] or 0) + 1
  for level = heading.level + 1, 6 do section[level] = nil end
  local parts = {}
  for level = 1, heading.level do parts[level] = section[level] or 0 end
  if kind_of(heading.identifier) == "sec" then register(heading.identifier, table.concat(parts, ".")) end
end

local function number_figure(figure)
  if kind_of(figure.identifier) ~= "fig" then
    local image = figure.content[1].content and figure.content[1].content[1]
    fault("a figure needs a label: {#fig-...}", image and image.src or "![")
    return figure, false
  end
  local number = next_number("fig")
  register(figure.identifier, number)
  if not prefix_caption(figure.caption, "Figure" .. NBSP .. number .. ":") then
    fault("a figure needs a caption", figure.identifier)
  end
  return set_alt(figure), false
end

local function number_table(tbl)
  if kind_of(tbl.identifier) ~= "tbl" then
    fault("a table needs a caption and a label: `: Caption {#tbl-...}`",
          pandoc.utils.stringify(tbl.head):sub(1, 12))
    return tbl, false
  end
  local number = next_number("tbl")
  register(tbl.identifier, number)
  prefix_caption(tbl.caption, "Table" .. NBSP .. number .. ":")
  -- The source's dashes say nothing about widths.
  for i, spec in ipairs(tbl.colspecs) do tbl.colspecs[i] = { spec[1], nil } end
  return tbl, false
end

local function number_equation(para)
  local math, label
  for _, each in ipairs(para.content) do
    if each.t == "Math" and each.mathtype == "DisplayMath" then math = each end
    label = label or (each.t == "Str" and each.text:match("^{#(.+)}$"))
  end
  if not label then return nil end
  if not math or #para.content > 3 or kind_of(label) ~= "eq" then
    fault("an equation stands alone: $$ ... $$ {#eq-...}", "{#" .. label)
    return nil
  end
  local number = next_number("eq")
  register(label, number)
  return pandoc.Div({ pandoc.Para { math } }, pandoc.Attr(label, { "equation" }, { number = number })), false
end

-- Figures side by side, marked by the class "layout".
local function lay_out(div)
  local columns = tonumber(div.attributes["layout-ncol"])
  local caption = div.content[#div.content]
  if not columns or caption.t ~= "Para" then
    fault("figures side by side need layout-ncol=N, and a caption as last paragraph", "#" .. div.identifier)
    return div, false
  end
  local number = next_number("fig")
  register(div.identifier, number)
  caption.content:insert(1, pandoc.Str("Figure" .. NBSP .. number .. ": "))
  for i = 1, #div.content - 1 do
    local figure, letter = div.content[i], string.char(96 + i)
    if figure.t ~= "Figure" then
      fault("only figures can be laid out side by side", "#" .. div.identifier)
      return div, false
    end
    if kind_of(figure.identifier) == "fig" then
      register(figure.identifier, number .. NBSP .. "(" .. letter .. ")")
    end
    prefix_caption(figure.caption, "(" .. letter .. ")")
    div.content[i] = set_alt(figure)
  end
  div.classes = { "layout" }
  return div, false
end

local function number_div(div)
  if div.identifier == "refs" then return div, false end
  if kind_of(div.identifier) == "fig" then return lay_out(div) end
  local kind = (div.classes[1] or ""):match("^callout%-(%l+)$")
  if kind and CALLOUTS[kind] and #div.classes == 1 then
    div.attributes.title = div.attributes.title or CALLOUTS[kind]
    return div, false
  end
  if div.classes[1] == "table-note" then return div, false end
  local name = div.classes[1] and "." .. div.classes[1] or "#" .. div.identifier
  fault(("::: {%s} is not understood"):format(name), name)
end

-- @fig-x -> a link that reads "Figure 3"
local function reference(cite)
  local out = pandoc.Inlines {}
  for i, each in ipairs(cite.citations) do
    local kind = kind_of(each.id)
    if not NAMES[kind] then
      if i > 1 and #out > 0 then fault("citations and references don't mix in one bracket", "@" .. each.id) end
      return nil
    end
    if not numbers[each.id] then fault(("there is nothing to refer to as @%s"):format(each.id), "@" .. each.id) end
    if #each.prefix + #each.suffix > 0 then fault("a reference takes no words of its own", "@" .. each.id) end
    local text = (each.mode == "SuppressAuthor" and "" or NAMES[kind] .. NBSP) .. (numbers[each.id] or "?")
    if i > 1 then out:extend { pandoc.Str(","), pandoc.Space() } end
    out:insert(pandoc.Link({ pandoc.Str(text) }, "#" .. each.id, "", pandoc.Attr("", { "quarto-xref" })))
  end
  return out
end

-- What has no place in this manuscript. Comments of the authors are taken out before this filter sees the text.
local function reject_raw(el)
  fault("raw " .. el.format .. " would be lost in the other formats", el.text:match("[^\n]*"))
end
local function reject_html(el)
  local tag = el.text:match("</?%a%w*/?>") or el.text:match("^<%a%w*$") or el.text:match("<!%-%-")
  if tag then fault("raw html would be lost in the other formats", tag) end
end
local function reject_code(el)
  if el.text:find("{{<", 1, true) then fault("shortcodes in code are not understood", el.text:match("[^\n]*")) end
  -- What Quarto takes for a code cell, ```{python}, pandoc reads as inline code.
  if el.text:find("^{%a+}") then fault("the manuscript has no code cells", el.text:match("^{%a+}")) end
end
local function reject_span(el)
  if el.classes[1] then fault(("[...]{.%s} is not understood"):format(el.classes[1]), "{." .. el.classes[1]) end
end

-- Authors as one line each; key words at the end of the abstract, where every format shows them.
local function title_block(meta)
  if meta.author and pandoc.utils.type(meta.author) ~= "List" then meta.author = { meta.author } end
  for i, author in ipairs(meta.author or {}) do
    if pandoc.utils.type(author) == "table" then
      local line = pandoc.utils.stringify(author.name)
      if author.affiliation then line = line .. ", " .. pandoc.utils.stringify(author.affiliation) end
      meta.author[i] = pandoc.Inlines(line)
    end
  end
  if meta.abstract and meta.keywords then
    local words = pandoc.List(meta.keywords):map(pandoc.utils.stringify)
    local inline = pandoc.utils.type(meta.abstract) == "Inlines"
    local abstract = inline and pandoc.Blocks { pandoc.Para(meta.abstract) } or pandoc.Blocks(meta.abstract)
    abstract:insert(pandoc.Para { pandoc.Strong "Key words:", pandoc.Space(), pandoc.Str(table.concat(words, ", ")) })
    meta.abstract = pandoc.MetaBlocks(abstract)
  end
  return meta
end

function Pandoc(doc)
  doc.blocks = include(doc.blocks)
  doc = doc:walk { Inlines = expand }
  doc.blocks = doc.blocks:walk { RawBlock = reject_raw, RawInline = reject_raw, Str = reject_html, Code = reject_code,
                                 CodeBlock = reject_code, Span = reject_span }
  doc.blocks = doc.blocks:walk {
    traverse = "topdown", Header = number_heading, Figure = number_figure, Table = number_table,
    Para = number_equation, Div = number_div,
  }
  doc = doc:walk { Cite = reference }
  doc.meta = title_block(doc.meta)
  doc = doc:walk { Str = as_written, Code = as_written }
  if #faults > 0 then
    for _, each in ipairs(faults) do io.stderr:write("FAULT " .. each .. "\n") end
    os.exit(1)
  end
  return doc
end
