-- The newest evaluation of each version in the last {days} UTC days, today included, beside the version before.
WITH
    toDate(now('UTC')) AS today,
    today - {days:UInt16} + 1 AS first_day,
    versions AS
    (
        SELECT
            model_name AS model,
            model_version AS version,
            max(timestamp) AS newest,
            count() AS found,
            argMax((prediction_accuracy, mae, rmse, r2_score, training_samples, inference_time_ms), timestamp) AS scores
        FROM ml_model_performance
        WHERE toDate(timestamp) BETWEEN first_day AND today
            AND ({model_name:Nullable(String)} IS NULL OR model_name = {model_name:Nullable(String)})
        GROUP BY model, version
    ),
    compared AS
    (
        SELECT
            *,
            lagInFrame(toNullable(scores.3)) OVER (PARTITION BY model ORDER BY newest, version
                ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS rmse_before
        FROM versions
    )
SELECT
    model AS model_name,
    version AS model_version,
    newest AS evaluated_at,
    toFloat64(found) AS evaluations,
    scores.1 AS prediction_accuracy,
    scores.2 AS mae,
    scores.3 AS rmse,
    scores.4 AS r2_score,
    toFloat64(scores.5) AS training_samples,
    scores.6 AS inference_time_ms,
    if(rmse_before > 0, round(100 * (scores.3 / rmse_before - 1), 2), NULL) AS rmse_change_percent
FROM compared
ORDER BY model_name, evaluated_at DESC, model_version DESC
LIMIT 500
