-- Widths of the columns of tables, for PDF and DOCX.
--
-- Left to themselves, Typst and Word give every column of such a table about the same width, so that numbers
-- break over lines beside half-empty columns. Here each gets what its cells need: numbers their full
-- length, words what is left. Typst sets a table that fits as wide as it needs to be; Word must be told.

local WORD = FORMAT == "docx"
local PAGE = WORD and 96 or 128  -- small letters in a line of a table; Word's page is narrower, its letters wider
local PADDING = WORD and 3.6 or 2.5  -- the blank between two columns, in letters
local NARROWEST = 14 -- no column of words gets less, unless its cells are shorter
local LONGEST = 3 * PAGE -- what a longer cell wishes for
local CODE = 1.15 -- a letter of a name in code, as a multiple of others

-- Chinese characters are twice as wide as letters.
local function length(text)
  local wide = 0
  for _, code in utf8.codes(text) do if code >= 0x2E80 then wide = wide + 1 end end
  return utf8.len(text) + wide
end

-- Letters that a column needs: in one line (`whole`), and with its words wrapped (`word`).
local function needs(rows, column)
  local whole, word = 0, 0
  for _, row in ipairs(rows) do
    local cell = row.cells[column]
    local text = cell and pandoc.utils.stringify(cell.contents) or ""
    whole = math.max(whole, length(text))
    for each in text:gmatch("%S+") do word = math.max(word, length(each)) end
    if cell then
      cell.contents:walk { Code = function(code) word = math.max(word, CODE * length(code.text)) end }
    end
  end
  return math.max(whole, word), word
end

function Table(tbl)
  local columns = #tbl.colspecs
  local body = pandoc.List()
  for _, each in ipairs(tbl.bodies) do body:extend(each.body) end
  local room = PAGE - PADDING * columns
  local least, most, unwrapped, taken, wished = {}, {}, 0, 0, 0
  for i, spec in ipairs(tbl.colspecs) do
    local head_whole, head = needs(tbl.head.rows, i)
    local whole, word = needs(body, i)
    unwrapped = unwrapped + math.max(whole, head_whole)
    if spec[1] == "AlignRight" then
      least[i] = math.max(whole, head, head_whole / 2 + 1)
      most[i] = least[i]
    else
      least[i] = math.max(head, word, math.min(whole, NARROWEST))
      most[i] = math.min(math.max(whole, head, word), LONGEST)
    end
    taken = taken + least[i]
    wished = wished + most[i] - least[i]
  end
  if unwrapped <= room and not WORD then return nil end
  -- Columns of words share what is left when every column has its least, in proportion to what they still wish.
  local share = wished > 0 and math.min(1, math.max(0, (room - taken) / wished)) or 0
  local widths, total = {}, 0
  for i = 1, columns do
    widths[i] = least[i] + share * (most[i] - least[i]) + PADDING
    total = total + widths[i]
  end
  local width = math.max(total, WORD and PAGE or 0)
  for i, spec in ipairs(tbl.colspecs) do tbl.colspecs[i] = { spec[1], widths[i] / width } end
  return tbl
end
