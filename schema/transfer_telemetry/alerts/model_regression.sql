-- Models whose newest version has an RMSE more than 10 % above that of the version before. value: percent.
SELECT toString(model_name) AS model, round(100 * (errors[1] / errors[2] - 1), 1) AS value
FROM
(
    SELECT model_name, arrayMap(x -> x.2, arrayReverseSort(groupArray((newest, rmse_of_newest)))) AS errors
    FROM
    (
        SELECT model_name, max(timestamp) AS newest, argMax(rmse, timestamp) AS rmse_of_newest
        FROM transfer_telemetry.ml_model_performance
        GROUP BY model_name, model_version
    )
    GROUP BY model_name
)
WHERE length(errors) > 1 AND errors[2] > 0 AND value > 10
ORDER BY value DESC
