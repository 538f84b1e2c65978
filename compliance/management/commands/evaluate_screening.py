"""evaluate_screening: how good the name matcher is, on labelled names."""

import csv
import io
import json
import time
from argparse import ArgumentParser
from dataclasses import asdict
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from tqdm import tqdm

from compliance.policies.screening import evaluation, lists, settings
from compliance.policies.screening.index import Index
from compliance.providers.watchlists.entries import Entry
from flowlet.core.errors import DomainError

_SHOWN = 20


class Command(BaseCommand):
    """Precision, recall and F1 on labelled pairs; recall, false positives and latency of labelled queries against lists."""

    help = __doc__

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--pairs", type=Path, metavar="FILE.csv", help="pairs: schema, name1, name2, is_match")
        parser.add_argument(
            "--queries", type=Path, metavar="FILE.csv", help="queries: query_id, schema, name, dob, label, expected_id"
        )
        parser.add_argument("--lists", type=Path, metavar="DIR", help="the folder with the lists that --queries are put to")
        parser.add_argument("--json", action="store_true", help="print the report as JSON")
        parser.add_argument("--wrong", action="store_true", help="show what was judged otherwise than labelled")

    def handle(self, *args: Any, **options: Any) -> None:
        if not options["pairs"] and not options["queries"]:
            raise CommandError("Give --pairs, or --queries with --lists.")
        if bool(options["queries"]) != bool(options["lists"]):
            raise CommandError("--queries and --lists go together.")
        report: dict[str, Any] = {"version": settings.VERSION, "threshold": settings.THRESHOLD}
        try:
            if options["pairs"]:
                report["pairs"] = self._pairs(options["pairs"], show_wrong=options["wrong"])
            if options["queries"]:
                report["queries"] = self._queries(options)
        except (OSError, UnicodeDecodeError, csv.Error) as error:
            raise CommandError(str(error)) from error
        except DomainError as error:
            raise CommandError(error.message) from error
        if options["json"]:
            self.stdout.write(json.dumps(report, indent=2, ensure_ascii=False))
        else:
            self._print(report)

    def _pairs(self, file: Path, *, show_wrong: bool) -> dict[str, Any]:
        found = evaluation.judge_pairs(evaluation.read_pairs(_text(file)))
        report: dict[str, Any] = {
            "pairs": found.pairs,
            "at_threshold": _rounded(asdict(found.at_threshold)),
            "best": _rounded(asdict(found.best)),
        }
        if show_wrong:
            report["wrong"] = [
                {"name1": pair.left, "name2": pair.right, "is_match": pair.is_match, "score": round(score, 4)}
                for pair, score in found.wrong
            ]
        return report

    def _queries(self, options: dict[str, Any]) -> dict[str, Any]:
        asked = evaluation.read_queries(_text(options["queries"]))
        held = lists.in_folder(options["lists"])
        entries: dict[str, Entry] = {entry.id: entry for found in held for entry in found.entries}
        began = time.perf_counter()
        index = Index(entries.values())
        built = time.perf_counter() - began
        unknown = sorted({one.expected_id for one in asked if one.expected_id and one.expected_id not in entries})
        shown = tqdm(asked, unit=" queries", disable=True if options["json"] else None)
        found = evaluation.judge_queries(index, shown, time.perf_counter)
        report: dict[str, Any] = {
            "lists": [
                {"code": one.code, "entries": len(one.entries), "files": list(one.files), "refused_rows": one.refused}
                for one in held
            ],
            "names": sum(len(entry.names) for entry in entries.values()),
            "index_seconds": round(built, 2),
            "expected": found.expected,
            "found": found.found,
            f"recall_at_{evaluation.FIRST}": round(found.recall, 4),
            "others": found.others,
            "false_positives": found.false,
            "false_positive_rate": round(found.false_positive_rate, 5),
            "p50_ms": round(found.p50_ms, 2),
            "p95_ms": round(found.p95_ms, 2),
            "names_per_second": round(found.per_second, 1),
            "expected_but_not_listed": unknown,
        }
        if options["wrong"]:
            report["missed"] = [
                {"query_id": one.id, "name": one.query.name, "expected_id": one.expected_id} for one in found.missed
            ]
            report["false"] = [
                {"query_id": one.id, "name": one.query.name, "hit": entry_id, "match": match}
                for one, entry_id, match in found.alarmed
            ]
        return report

    def _print(self, report: dict[str, Any]) -> None:
        out = io.StringIO()
        print(f"Matcher {report['version']}, threshold {report['threshold']:.2f}", file=out)
        if pairs := report.get("pairs"):
            print(f"\n{pairs['pairs']} pairs", file=out)
            for title, one in (("at the product's threshold", pairs["at_threshold"]), ("at the best threshold", pairs["best"])):
                print(
                    f"  {title} {one['threshold']:.2f}: precision {one['precision']:.3f}, recall {one['recall']:.3f}, F1 {one['f1']:.3f}",
                    file=out,
                )
            for wrong in pairs.get("wrong", []):
                label = "match" if wrong["is_match"] else "no match"
                print(f"  {wrong['score']:.2f} labelled {label}: {wrong['name1']} | {wrong['name2']}", file=out)
        if queries := report.get("queries"):
            self._print_queries(queries, out)
        self.stdout.write(out.getvalue().rstrip())

    def _print_queries(self, queries: dict[str, Any], out: io.StringIO) -> None:
        print(f"\n{queries['expected'] + queries['others']} queries against {queries['names']} names", file=out)
        for one in queries["lists"]:
            print(
                f"  {one['code']}: {one['entries']} entries from {', '.join(one['files'])}; {one['refused_rows']} rows refused",
                file=out,
            )
        print(f"  index built in {queries['index_seconds']:.2f} s", file=out)
        recall = queries[f"recall_at_{evaluation.FIRST}"]
        print(f"  recall@{evaluation.FIRST} {recall:.2%} ({queries['found']} of {queries['expected']})", file=out)
        rate = queries["false_positive_rate"]
        print(f"  false-positive rate {rate:.3%} ({queries['false_positives']} of {queries['others']})", file=out)
        print(
            f"  latency p50 {queries['p50_ms']:.1f} ms, p95 {queries['p95_ms']:.1f} ms; {queries['names_per_second']:.0f} names/s",
            file=out,
        )
        if unknown := queries["expected_but_not_listed"]:
            print(f"  not on these lists, though expected: {', '.join(unknown[:_SHOWN])}", file=out)
        for one in queries.get("missed", []):
            print(f"  missed {one['expected_id']}: {one['name']} ({one['query_id']})", file=out)
        for one in queries.get("false", []):
            print(f"  false {one['hit']} {one['match']:.2f}: {one['name']} ({one['query_id']})", file=out)


def _text(file: Path) -> str:
    return file.read_text(encoding="utf-8-sig")


def _rounded(values: dict[str, float]) -> dict[str, float]:
    return {name: round(value, 4) for name, value in values.items()}
