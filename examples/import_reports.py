#!/usr/bin/env python3
"""Stores a folder of Banterhearts benchmark reports as bench_runs and llm_events, through the insert tools.

    python3 examples/import_reports.py examples/reports --commit a16e4c8f2e3c6cd829ace8706a84cf25283897e5

Nothing is made up. What a row needs comes from the report, or from an option that you give; a report that yields no
complete row is skipped and its line says what it lacks. Running it again stores nothing twice.
"""
import argparse
import json
import re
import sys
import uuid
from pathlib import Path

from python_client import Client

NO_CALLS = "llm_events: no single calls"
QUANT_TAG = re.compile(r"[:-](q\d\w*|bf16|fp16|f16|fp8|int8|int4)$", re.IGNORECASE)


def number(*candidates):
    """The first that is a number, or None."""
    numbers = (value for value in candidates if isinstance(value, (int, float)) and not isinstance(value, bool))
    return next(numbers, None)


def samples_needed(percent):
    """Below 1 / (1 - p) samples no sample lies above the percentile: it would be the maximum by another name."""
    return 100 // (100 - percent)


def percentile(samples, percent):
    """By nearest rank, or None when there are too few samples."""
    if len(samples) < samples_needed(percent):
        return None
    return sorted(samples)[-(-percent * len(samples) // 100) - 1]


def measurements(report):
    """(model, dataset, figures) of everything in the report that is a run of a model."""
    kind = report["benchmark_type"]
    model = (report.get("model") or {}).get("name")
    if "results" in report:
        return [(name, kind, figures) for name, figures in report["results"].items()]
    if "performance_results" in report:
        return [(model, f"{kind}/{name}", figures) for name, figures in report["performance_results"].items()]
    if "backends" in report:
        return [(model, f"{kind}/{name}", backend["benchmark"]) for name, backend in report["backends"].items()]
    if "generation_times" in report or "calls" in report:
        return [(model, kind, {**report, **report.get("performance_summary", {})})]
    return []


def tokens_per_second(figures):
    tokens, milliseconds = number(figures.get("tokens_generated")), number(figures.get("total_time_ms"))
    computed = 1000 * tokens / milliseconds if tokens and milliseconds else None
    return number(figures.get("tokens_per_second"), figures.get("throughput_tokens_per_sec"), computed)


def latency_ms(figures, percent):
    samples = figures.get("generation_times") or [call.get("time_ms") for call in figures.get("calls", [])]
    samples = [] if None in map(number, samples) else samples
    found = number(figures.get(f"p{percent}_time_ms"), percentile(samples, percent))
    return None if found is None else round(found)


def quantization(report, options, model):
    tag = QUANT_TAG.search(model or "")
    return report.get("quantization") or (tag.group(1).lower() if tag else options.quant)


def cost_per_1k(report, options, figures):
    return number(figures.get("cost_per_1k"), report.get("cost_per_1k"), options.cost_per_1k)


def bench_run(report, options, run_id, model, dataset, figures):
    return {
        "ts": milliseconds_only(report.get("generated_at")),
        "run_id": run_id,
        "commit_sha": report.get("commit_sha") or options.commit,
        "model": model,
        "quant": quantization(report, options, model),
        "dataset": dataset,
        "latency_p50_ms": latency_ms(figures, 50),
        "latency_p95_ms": latency_ms(figures, 95),
        "latency_p99_ms": latency_ms(figures, 99),
        "tokens_per_sec": tokens_per_second(figures),
        "cost_per_1k": cost_per_1k(report, options, figures),
        "memory_peak_mb": number(figures.get("memory_peak_mb"), report.get("memory_peak_mb"), options.memory_peak_mb),
    }


def llm_event(report, options, run_id, model, figures, call):
    tokens_in, tokens_out = number(call.get("tokens_in")), number(call.get("tokens_out"))
    price = cost_per_1k(report, options, figures)
    known = None not in (tokens_in, tokens_out, price)
    cost = number(call.get("cost_usd"), round((tokens_in + tokens_out) * price / 1000, 6) if known else None)
    time_ms = number(call.get("time_ms"))
    return {
        "ts": milliseconds_only(call.get("ended_at")),
        "run_id": run_id,
        "source": "banterhearts",
        "model": model,
        "operation": report["benchmark_type"],
        "tokens_in": tokens_in,
        "tokens_out": tokens_out,
        "latency_ms": None if time_ms is None else round(time_ms),
        "cost_usd": cost,
        "status": call.get("status"),
        "error_msg": call.get("error") or "",
    }


def milliseconds_only(timestamp):
    """The columns hold milliseconds and the insert tools refuse what they would cut off."""
    return re.sub(r"(\.\d{3})\d+", r"\1", timestamp) if isinstance(timestamp, str) else None


def lacking(rows):
    """What stops these rows from being stored, or ''."""
    fields = sorted({field for row in rows for field, value in row.items() if value is None})
    notes = {f"latency_p{p}_ms": f" ({samples_needed(p)} samples or a stated p{p}_time_ms)" for p in (50, 95, 99)}
    return ", ".join(field + notes.get(field, "") for field in fields)


def rows_of(report, run_id, options):
    """{table: rows} that the report holds in full, and the reasons why others are missing."""
    found = measurements(report)
    if not found:
        return {}, ["measures no run of a model"]
    runs = [bench_run(report, options, run_id, *one) for one in found]
    events = [llm_event(report, options, run_id, model, figures, call)
              for model, _, figures in found for call in figures.get("calls", [])]
    reasons = [f"{table}: lacks {lack}" for table, lack in
               (("bench_runs", lacking(runs)), ("llm_events", lacking(events))) if lack]
    tables = {table: rows for table, rows in (("bench_runs", runs), ("llm_events", events))
              if rows and not lacking(rows)}
    return tables, reasons if events else reasons + [NO_CALLS]


def import_report(client, path, options):
    """(outcome, details) for the report's line."""
    try:
        report = json.loads(path.read_text(encoding="utf-8"))
        if not isinstance(report, dict) or not isinstance(report.get("benchmark_type"), str):
            return "skipped", "not a benchmark report: it names no benchmark_type"
        run_id = str(uuid.uuid5(uuid.NAMESPACE_URL, "banterhearts-report:" + json.dumps(report, sort_keys=True)))
        tables, reasons = rows_of(report, run_id, options)
        if "bench_runs" in tables:  # the newest row of a run counts, so other options correct it
            client.call("insert.bench_runs", rows=tables["bench_runs"])
        if "llm_events" in tables:  # every row counts, so the key refuses the same calls with other options
            client.call("insert.llm_events", rows=tables["llm_events"], idempotency_key=run_id)
    except (AttributeError, KeyError, TypeError) as error:
        return "skipped", f"not of a known shape: {error!r}"
    except (OSError, ValueError, RuntimeError) as error:
        return "failed", str(error)
    stored = [f"{len(rows)} {table}" for table, rows in tables.items()]
    return "stored" if tables else "skipped", "; ".join(stored + reasons)


def parse_options():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="where the reports are, as *.json")
    parser.add_argument("--server", default="build/release/chimera-mcp", help="path of chimera-mcp")
    fill_in = parser.add_argument_group("for what a report does not state itself")
    fill_in.add_argument("--commit", help="Banterhearts commit measured, 40 hex digits")
    fill_in.add_argument("--quant", help="quantization; otherwise the tag that ends the model's name, such as q4_0")
    fill_in.add_argument("--cost-per-1k", type=float, help="USD for 1,000 tokens")
    fill_in.add_argument("--memory-peak-mb", type=int, help="peak memory in MiB")
    return parser.parse_args()


def main():
    options = parse_options()
    if not options.folder.is_dir():
        sys.exit(f"{options.folder} is no folder")
    outcomes = []
    with Client(options.server) as client:
        for path in sorted(options.folder.glob("*.json")):
            outcome, details = import_report(client, path, options)
            outcomes.append(outcome)
            print(f"{outcome:8} {path.name}: {details}")
    print(f"{len(outcomes)} reports: " + ", ".join(f"{outcomes.count(o)} {o}" for o in ("stored", "skipped", "failed")))
    return 1 if "failed" in outcomes else 0


if __name__ == "__main__":
    sys.exit(main())
