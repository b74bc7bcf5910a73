-- Load for wrk. Arguments after `--`: kind (noop | scan), file with one "token door-id" a line,
-- number of members, milliseconds of mean delay between a connection's requests (0: none), prefix
-- of the paths.

local kind, members, delay_ms, below = 'noop', 1, 0, ''
local readers, count = {}, 0
local prefix

function init(args)
    kind, members, delay_ms = args[1], tonumber(args[3]), tonumber(args[4])
    below = args[5] or ''
    math.randomseed(os.time())
    prefix = string.format('%x-', math.random(0, 2 ^ 30))
    for line in io.lines(args[2]) do
        local token, door = string.match(line, '(%S+) (%S+)')
        readers[#readers + 1] = {
            door = door,
            headers = {
                ['Authorization'] = 'Bearer ' .. token,
                ['Content-Type'] = 'application/json',
            },
        }
    end
    if delay_ms == 0 then
        delay = nil
    end
end

function delay()
    -- Whole milliseconds with the wanted mean, spread evenly around it.
    local wanted = math.random() * 2 * delay_ms
    local whole = math.floor(wanted)
    if math.random() < wanted - whole then
        whole = whole + 1
    end
    return whole
end

function request()
    if kind == 'noop' then
        return wrk.format('GET', below .. '/access/noop')
    end
    count = count + 1
    local reader = readers[math.random(#readers)]
    local body = string.format(
        '{"request_id":"%s%d","credential":{"type":"card","value":"%08d"},"door_id":"%s"}',
        prefix, count, math.random(0, members - 1), reader.door)
    return wrk.format('POST', below .. '/access/checkin', reader.headers, body)
end

function done(summary, latency, requests)
    local errors = summary.errors
    io.write(string.format(
        'RESULT {"rps": %.1f, "p50_ms": %.3f, "p99_ms": %.3f, "failed": %d}\n',
        summary.requests / (summary.duration / 1e6),
        latency:percentile(50) / 1e3, latency:percentile(99) / 1e3,
        errors.connect + errors.read + errors.write + errors.status + errors.timeout))
end
