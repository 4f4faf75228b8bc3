-- What wrk sends, from the environment: POST_METHOD, POST_BODY and POST_HEADERS (a header a line).
-- Prints one line of JSON: how many answers came in how long, how many of them were refusals, how many did not come.
wrk.method = os.getenv("POST_METHOD")
wrk.body = os.getenv("POST_BODY")
for name, value in os.getenv("POST_HEADERS"):gmatch("([^\n:]+): ([^\n]*)") do
  wrk.headers[name] = value
end

function done(summary, latency)
  local errors = summary.errors
  local missing = errors.connect + errors.read + errors.write + errors.timeout
  io.write(string.format('\n{"requests": %d, "microseconds": %d, "refused": %d, "missing": %d, "p99": %d}\n',
    summary.requests, summary.duration, errors.status, missing, latency:percentile(99)))
end
