-- What each format makes of the parts of a document for which pandoc has no shape of its own: figures side by side,
-- numbered equations, callouts, tables and their notes. quarto-subset.lua has numbered and marked them by their classes.

local TYPST, HTML = FORMAT == "typst", FORMAT:match("html")
local ENDING = FORMAT == "docx" and ".png" or ".svg"

local function raw(text) return pandoc.RawBlock("typst", text) end

local function equation(div)
  local label, number, math = div.identifier, div.attributes.number, div.content[1].content[1]
  if TYPST then
    local written = pandoc.write(pandoc.Pandoc { pandoc.Para { math } }, "typst"):gsub("%s+$", "")
    return raw(("#[#set math.equation(numbering: _ => \"(%s)\")\n%s <%s>]"):format(number, written, label))
  elseif HTML then
    local shown = pandoc.Span({ pandoc.Str("(" .. number .. ")") }, pandoc.Attr("", { "equation-number" }))
    return pandoc.Div({ pandoc.Plain { math, shown } }, pandoc.Attr(label, { "equation" }))
  end
  local numbered = pandoc.Math("DisplayMath", math.text .. " \\qquad (" .. number .. ")")
  return pandoc.Para { pandoc.Span({ numbered }, pandoc.Attr(label)) }
end

-- Figures side by side; the last paragraph is their caption.
local function layout(div)
  local columns, cells = div.attributes["layout-ncol"], pandoc.Blocks(div.content)
  local caption = cells:remove()
  if TYPST then
    local out = pandoc.Blocks { raw(("#figure(kind: image, { set figure(placement: none)\ngrid(columns: (1fr,) * %d, gutter: 1em,"):format(columns)) }
    for _, cell in ipairs(cells) do
      out:extend { raw("["), cell, raw("],") }
    end
    out:extend { raw(") }, caption: ["), pandoc.Plain(caption.content), raw(("]) <%s>"):format(div.identifier)) }
    return out
  elseif HTML then
    local grid = pandoc.Div(cells, pandoc.Attr("", { "layout" }, { style = "--columns: " .. columns }))
    return pandoc.Figure({ grid }, { long = { pandoc.Plain(caption.content) } }, pandoc.Attr(div.identifier))
  end
  cells:insert(pandoc.Div({ caption }, pandoc.Attr(div.identifier, {}, { ["custom-style"] = "Image Caption" })))
  return pandoc.Div(cells)
end

local function callout(div)
  local title = pandoc.Para { pandoc.Strong(pandoc.Inlines(div.attributes.title)) }
  if TYPST then
    local out = pandoc.Blocks { raw("#block(width: 100%, inset: (left: 1em, y: 0.4em), stroke: (left: 2pt + luma(150)))["), title }
    out:extend(div.content)
    out:insert(raw("]"))
    return out
  end
  div.content:insert(1, pandoc.Div({ title }, pandoc.Attr("", { "callout-title" })))
  if HTML then return pandoc.Div(div.content, pandoc.Attr(div.identifier, { "callout", div.classes[1] }, { role = "note" })) end
  return pandoc.BlockQuote(div.content)
end

local function note(div)
  if not TYPST then return nil end
  return { raw("#block(above: 0.8em, below: 1.8em)[#set text(size: 8.5pt)\n#set par(justify: false)"), div.content[1], raw("]") }
end

local SHAPES = { equation = equation, layout = layout, ["table-note"] = note }

function Div(div)
  local class = div.classes[1] or ""
  local shape = class:match("^callout%-") and callout or SHAPES[class]
  return shape and shape(div)
end

function Table(tbl)
  return HTML and pandoc.Div({ tbl }, pandoc.Attr("", { "table-scroll" })) or nil
end

-- The documents name a figure without its ending.
function Image(image)
  image.src = image.src .. ENDING
  return image
end
