-- Widths of the columns of tables, for PDF and DOCX.
--
-- Left to themselves, Typst and Word give every column of such a table about the same width, so that numbers
-- break over lines beside half-empty columns. Here each gets what its cells need: numbers their full
-- length, words what is left. Typst sets a table that fits as wide as it needs to be; Word must be told.

local WORD = FORMAT == "docx"
local PAGE = WORD and 96 or 128  -- small letters in a line of a table; Word's page is narrower, its letters wider
local PADDING = WORD and 3.6 or 2.5  -- the blank between two columns, in letters
local NARROWEST = 14 -- no column of words gets less

local function length(text) return utf8.len(text) or #text end

-- Letters that a column needs: in one line (`whole`), and with its words wrapped (`word`).
local function needs(rows, column)
  local whole, word = 0, 0
  for _, row in ipairs(rows) do
    local cell = row.cells[column]
    local text = cell and pandoc.utils.stringify(cell.contents) or ""
    whole = math.max(whole, length(text))
    for each in text:gmatch("%S+") do word = math.max(word, length(each)) end
  end
  return whole, word
end

function Table(tbl)
  local columns = #tbl.colspecs
  local body = pandoc.List()
  for _, each in ipairs(tbl.bodies) do body:extend(each.body) end
  local room = PAGE - PADDING * columns
  local wanted, unwrapped, words, numbers = {}, 0, 0, 0
  for i, spec in ipairs(tbl.colspecs) do
    local _, head = needs(tbl.head.rows, i)
    local whole, longest = needs(body, i)
    local head_whole = needs(tbl.head.rows, i)
    unwrapped = unwrapped + math.max(whole, head_whole)
    if spec[1] == "AlignRight" then
      wanted[i] = math.max(whole, head, head_whole / 2 + 1)
      numbers = numbers + wanted[i]
    else
      wanted[i] = math.max(whole, head, longest, NARROWEST)
      words = words + wanted[i]
    end
  end
  if unwrapped <= room and not WORD then return nil end
  -- Columns of words share what the numbers leave, in proportion to their needs.
  local share = words > 0 and math.min(1, math.max(0.25, (room - numbers) / words)) or 1
  local total = 0
  for i, spec in ipairs(tbl.colspecs) do
    if spec[1] ~= "AlignRight" then wanted[i] = math.max(NARROWEST, wanted[i] * share) end
    wanted[i] = wanted[i] + PADDING
    total = total + wanted[i]
  end
  local width = math.max(total, WORD and PAGE or 0)
  for i, spec in ipairs(tbl.colspecs) do tbl.colspecs[i] = { spec[1], wanted[i] / width } end
  return tbl
end
