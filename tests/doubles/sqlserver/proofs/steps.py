"""The steps of chain.json and errors.json, which every client takes. A step is a batch; the numbers and
severities of the errors that it must cause; perhaps the value that it must answer, or rows to keep
and, later, to find again."""
import json
import pathlib
import re

from freetds import check

HERE = pathlib.Path(__file__).resolve().parent
STEPS = [step for name in ("chain.json", "errors.json")
         for step in json.loads((HERE / name).read_text())]


def numbers(step):
    return [number for number, _ in step.get("errors", [])]


def as_lines():
    """For a client that reads no JSON: batch, numbers, value, kept and found rows, apart by tabs."""
    return "".join("\t".join([step["sql"], ",".join(map(str, numbers(step))), step.get("value", ""),
                              step.get("keep", ""), step.get("same", "")]) + "\n"
                   for step in STEPS)


def walk(run):
    """Takes all steps with `run(sql)`, which answers [(number, severity or None)…], rows of text."""
    kept = {}
    for step in STEPS:
        errors, rows = run(step["sql"])
        wanted = step.get("errors", [])
        check([number for number, _ in errors] == numbers(step)
              and all(severity in (None, wished)
                      for (_, severity), (_, wished) in zip(errors, wanted)),
              f"{step['sql']}: {errors}, not {wanted}")
        if "value" in step:
            check(any(re.search(rf"\b{re.escape(step['value'])}\b", row) for row in rows),
                  f"{step['sql']}: {rows}")
        if "keep" in step:
            check(len(rows) > 1, f"{step['sql']}: {rows}")
            kept[step["keep"]] = rows
        if "same" in step:
            check(rows == kept[step["same"]], f"{step['sql']}: {rows}, not {kept[step['same']]}")
