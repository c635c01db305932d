"""Writes workbooks as pandas and openpyxl write them."""

import datetime as dt
import sys

import openpyxl
import pandas as pd
from openpyxl.utils.datetime import CALENDAR_MAC_1904

folder = sys.argv[1]
AT = dt.datetime(2024, 2, 29, 12, 34, 56, 123000)

pd.DataFrame(
    {
        "id": [1, 2, 3],
        "amount": [1.5, None, 2],
        "text": ["007", " x ", None],
        "day": [dt.date(2024, 2, 29), None, dt.date(1900, 3, 1)],
        "at": [AT, None, dt.datetime(2000, 1, 1)],
        "flag": [True, False, None],
        "share": [0.25, 1, 0],
    }
).to_excel(f"{folder}/pandas.xlsx", index=False)
pd.DataFrame({"a": ["x", "y"]}).to_excel(f"{folder}/index.xlsx")
pd.DataFrame({"a": pd.Series([], dtype="int64")}).to_excel(f"{folder}/empty.xlsx", index=False)


def book(name, rows, change=lambda sheet: None, mac=False):
    workbook = openpyxl.Workbook()
    if mac:
        workbook.epoch = CALENDAR_MAC_1904
    sheet = workbook.active
    sheet.title = "Data"
    for row in rows:
        sheet.append(row)
    change(sheet)
    workbook.save(f"{folder}/{name}.xlsx")


def as_format(code, *places):
    def change(sheet):
        for place in places:
            sheet[place].number_format = code

    return change


def as_errors(sheet):
    sheet["B2"].data_type = "e"


def odd(sheet):
    sheet.merge_cells("A2:B2")
    sheet.row_dimensions[3].hidden = True
    other = sheet.parent.create_sheet("Other")
    other.append(["b"])
    other.append([9])
    hidden = sheet.parent.create_sheet("Hidden", 0)
    hidden.sheet_state = "hidden"


def shifted(sheet):
    sheet.insert_rows(1, 2)
    sheet.insert_cols(1, 1)


book("1904", [["day", "at"], [dt.date(1904, 1, 2), AT]], mac=True)
book("formats", [["a", "b", "c", "d", "e"], [45351, 45351.25, 0.5, 45351, 1.25]], lambda sheet: [as_format(code, place)(sheet) for code, place in [('[$-409]d\\-mmm\\-yy;@', "A2"), ("dd/mm/yyyy hh:mm", "B2"), ("h:mm AM/PM", "C2"), ('"day" 0.0', "D2"), ("[h]:mm:ss", "E2")]])
book("errors", [["a", "b"], [1, "#N/A"], [2, 5]], as_errors)
book("formula", [["a"], ["=1+1"]])
book("mixed", [["a"], [1], ["x"]])
book("odd", [["a", "b"], [1, None], [2, 3], [None, None], [4, 5]], odd)
book("shifted", [["a", "b"], [1, "x"], [2, "y"], [None, "total"]], shifted)
book("names", [["a", None, "a", 2024, dt.date(2024, 1, 1)], [1, 2, 3, 4, 5]])
book("false-day", [["d"], [60]], as_format("yyyy-mm-dd", "A2"))
book("first-day", [["d"], [1], [59], [61]], as_format("yyyy-mm-dd", "A2", "A3", "A4"))
book("long-times", [["a", "b", "c"], [0.5, 1, 0], [45000.5, 45000.5, 86399.999 / 86400]], lambda sheet: [as_format(code, *places)(sheet) for code, places in [("h:mm", ["A2", "A3", "C2"]), ("[h]:mm", ["B2"]), ("[h]:mm:ss", ["B3"]), ("mm:ss.0", ["C3"])]])
book("no-cells", [])
book("texts", [["t"], ["line\r\nend"], ["<&> é😀"], ["_x000D_"], [""]])
