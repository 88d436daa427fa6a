-- Predicted against actual throughput, optimized against other transfers, in [until - hours, until).
WITH
    ifNull({until:Nullable(DateTime64(3, 'UTC'))}, now64(3, 'UTC')) AS window_end,
    window_end - toIntervalHour({hours:UInt16}) AS window_start,
    seen AS
    (
        SELECT
            toString(optimization_applied) AS name,
            throughput_mbps AS throughput,
            -- Both or neither, so that every figure of a prediction is over the same rows.
            if(actual_throughput IS NULL, NULL, predicted_throughput) AS predicted,
            if(predicted_throughput IS NULL, NULL, actual_throughput) AS actual,
            actual - predicted AS error,
            improvement_percent AS reported
        FROM tcp_telemetry
        WHERE timestamp >= window_start AND timestamp < window_end
            AND ({agent_id:Nullable(String)} IS NULL OR agent_id = {agent_id:Nullable(String)})
            AND ({project_id:Nullable(String)} IS NULL OR project_id = {project_id:Nullable(String)})
    ),
    totals AS
    (
        SELECT
            count() AS n,
            avgOrNull(name != '') AS rate,
            avgOrNullIf(throughput, name != '') AS optimized,
            avgOrNullIf(throughput, name = '') AS other,
            avgOrNull(reported) AS gain,
            count(error) AS compared,
            avgOrNull(predicted) AS mean_predicted,
            avgOrNull(actual) AS mean_actual,
            avgOrNull(error) AS mean_error,
            avgOrNull(abs(error)) AS absolute,
            sqrt(avgOrNull(error * error)) AS squared,
            avgOrNullIf(abs(error) / actual, actual > 0) AS relative,
            if(compared < 3, NULL, corrIf(assumeNotNull(predicted), assumeNotNull(actual), error IS NOT NULL)) AS likeness
        FROM seen
    ),
    parts AS
    (
        SELECT groupArray((
            name, toFloat64(found), round(mean, 3), toFloat64(compared), round(mean_predicted, 3), round(mean_actual, 3),
            round(absolute, 3), round(gain, 3))) AS list
        FROM
        (
            SELECT
                name,
                count() AS found,
                avg(throughput) AS mean,
                count(error) AS compared,
                avgOrNull(predicted) AS mean_predicted,
                avgOrNull(actual) AS mean_actual,
                avgOrNull(abs(error)) AS absolute,
                avgOrNull(reported) AS gain
            FROM seen
            GROUP BY name
            ORDER BY found DESC, name
            LIMIT 50
        )
    )
SELECT
    toFloat64(n) AS transfer_count,
    round(rate, 4) AS optimization_rate,
    round(optimized, 3) AS optimized_throughput,
    round(other, 3) AS other_throughput,
    if(other > 0, round(100 * (optimized / other - 1), 2), NULL) AS difference_percent,
    round(gain, 3) AS reported_improvement_percent,
    toFloat64(compared) AS predictions,
    round(mean_predicted, 3) AS predicted_throughput,
    round(mean_actual, 3) AS actual_throughput,
    round(mean_error, 3) AS bias,
    round(absolute, 3) AS mae,
    round(squared, 3) AS rmse,
    round(100 * relative, 2) AS mape_percent,
    if(isFinite(likeness), round(likeness, 4), NULL) AS r,
    list AS by_optimization,
    concat(
        toString(n), ' rows',
        ifNull(format(', {} % optimized', toString(round(100 * rate, 1))), ''),
        ifNull(format('; optimized ones ran at {} Mbit/s', toString(round(optimized, 1))), ''),
        ifNull(format(', others at {}', toString(round(other, 1))), ''),
        ifNull(format(' ({}{} %)', if(difference_percent > 0, '+', ''), toString(round(difference_percent, 1))), ''),
        ifNull(format('; predictions (n {}) off by {} Mbit/s on average', toString(compared), toString(round(absolute, 1))), ''),
        ifNull(format(' ({} %)', toString(round(100 * relative, 1))), ''), '.') AS summary,
    nullIf(arrayStringConcat(arrayFilter(part -> part != '', [
        if(n > 0, '', 'There is no telemetry in the window.'),
        if(n > 0 AND compared = 0, 'No row has both a predicted and an actual throughput.', ''),
        if(n > 0 AND rate = 0, 'No row has an optimization.', ''),
        if(n > 0 AND rate = 1, 'No row is without an optimization to compare with.', '')]), ' '), '') AS note
FROM totals, parts
