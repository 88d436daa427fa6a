SELECT concat(
    'No evaluation in the last ', toString({days:UInt16}), ' days',
    ifNull(' of model ' || {model_name:Nullable(String)}, ''), '. Models of all time: ',
    if(count() = 0, 'none', arrayStringConcat(arraySort(groupUniqArray(100)(toString(model_name))), ', ')),
    if(count() = 0, '', '; newest evaluation ' || formatDateTime(max(timestamp), '%FT%TZ')), '.')
FROM ml_model_performance
