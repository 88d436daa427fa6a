WITH
    (SELECT if(count() = 0, NULL, max(ts)) FROM bench_runs) AS bench_run,
    (SELECT if(count() = 0, NULL, max(ts)) FROM llm_events) AS call,
    (
        SELECT arrayStringConcat(arraySort(groupUniqArray(100)(toString(model))), ', ')
        FROM (SELECT model FROM bench_runs UNION DISTINCT SELECT model FROM llm_events)
    ) AS models
SELECT concat(
    'Nothing in the last ', toString({days:UInt16}), ' days', ifNull(' for model ' || {model:Nullable(String)}, ''),
    '. bench_runs: ', ifNull('newest row ' || formatDateTime(bench_run, '%FT%TZ'), 'empty table'),
    '. llm_events: ', ifNull('newest row ' || formatDateTime(call, '%FT%TZ'), 'empty table'),
    '. Models of all time: ', if(models = '', 'none', assumeNotNull(models)), '.') AS note
