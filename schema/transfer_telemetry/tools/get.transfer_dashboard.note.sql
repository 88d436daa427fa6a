SELECT concat(
    'No telemetry in the ', toString({hours:UInt16}), ' h before ',
    formatDateTime(ifNull({until:Nullable(DateTime64(3, 'UTC'))}, now64(3, 'UTC')), '%FT%TZ'),
    ifNull(' of agent ' || {agent_id:Nullable(String)}, ''), ifNull(' of project ' || {project_id:Nullable(String)}, ''),
    if(count() = 0, '; there is none at all.', '; its newest minute is ' || formatDateTime(max(minute), '%FT%TZ') || '.'))
FROM tcp_telemetry_minute
WHERE ({agent_id:Nullable(String)} IS NULL OR agent_id = {agent_id:Nullable(String)})
    AND ({project_id:Nullable(String)} IS NULL OR project_id = {project_id:Nullable(String)})
