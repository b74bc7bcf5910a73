-- Server-side functions of a cell. NAME is replaced by the library's name, which carries a hash of
-- this text, so that processes of two releases can share a server.
-- Values are read and written atomically; the layout of keys is that of the gate's state port.

local VERSION = 8
local NOTHING = '\0\0\0\0\0\0\0\0'

local function get(key)
    return redis.call('GET', key)
end

-- Versions as two exact numbers: comparing the bytes as strings would obey the locale.
local function version(packed)
    local a, b, c, d, e, f, g, h = string.byte(packed, 1, VERSION)
    return a * 256 + b, ((((c * 256 + d) * 256 + e) * 256 + f) * 256 + g) * 256 + h
end

local function newer(left, right)
    local left_epoch, left_number = version(left)
    local right_epoch, right_number = version(right)
    return left_epoch > right_epoch or (left_epoch == right_epoch and left_number > right_number)
end

local function holds(key, expected)
    if expected == '' then
        return redis.call('EXISTS', key) == 0
    end
    return redis.call('GETRANGE', key, 0, #expected - 1) == expected
end

local function session_of(key)
    local session = get(key)
    if not session then
        return false, false, ''
    end
    local device_id = string.sub(session, 1, 16)
    return session, get('v:' .. device_id), device_id
end

-- What a scan's decision rests on, in two commands: a command called from here costs more than a key.
-- SCAN is session hash, request id, door id, credential hash.
local function read_scan(argv)
    local found = redis.call('MGET', 'm:ready', 's:' .. argv[1], 'd:' .. argv[3], 'c:' .. argv[4])
    local ready, session, door, credential = found[1], found[2], found[3], found[4]
    if not ready or not session then
        return {ready, session, false, false, false, false, false, false}
    end
    local device_id = string.sub(session, 1, 16)
    local device, answer = 'v:' .. device_id, 'r:' .. device_id .. argv[2]
    if not credential or #credential <= VERSION then
        found = redis.call('MGET', device, answer)
        return {ready, session, found[1], found[2], door, credential, false, false}
    end
    -- version, array header, two bytes of header, then the person id
    local person_id = string.sub(credential, 12, 27)
    found = redis.call('MGET', device, answer, 'p:' .. person_id, 'u:' .. person_id)
    return {ready, session, found[1], found[2], door, credential, found[3], found[4]}
end

-- ARGV: SCAN
local function look_up_scan(_, argv)
    return read_scan(argv)
end

-- ARGV: SCAN, the 8 first bytes of all that was found but `ready` (zeros for nothing), journal entry,
--       answer, seconds to keep it, usage ('' for unchanged), key and value of what awaits a passage
--       ('' for none), seconds to keep it
local function commit_scan(_, argv)
    local found = read_scan(argv)
    local session, credential = found[2], found[6]
    for place = 2, 8 do
        local value = found[place]
        found[place] = value and string.sub(value, 1, VERSION) or NOTHING
    end
    if table.concat(found, '', 2, 8) ~= argv[5] then
        return 0
    end
    local answer = 'r:' .. string.sub(session, 1, 16) .. argv[2]
    redis.call('SET', answer, argv[7], 'EX', argv[8])
    if argv[9] ~= '' then
        redis.call('SET', 'u:' .. string.sub(credential, 12, 27), argv[9])
    end
    if argv[10] ~= '' then
        redis.call('SET', argv[10], argv[11], 'EX', argv[12])
    end
    redis.call('XADD', 'j', '*', 'e', argv[6])
    return 1
end

-- ARGV: session hash, decision id
local function look_up_passage(_, argv)
    local ready = get('m:ready')
    local session, device = session_of('s:' .. argv[1])
    local pending, usage = get('h:' .. argv[2]), false
    if pending then
        usage = get('u:' .. string.sub(pending, 4, 19))
    end
    return {ready, session, device, pending, usage}
end

-- ARGV: journal entry ('' for none), number of expectations, (key, beginning)*,
--       (key, value, seconds)* where 0 seconds keeps for ever
local function commit(_, argv)
    local place = 3
    for _ = 1, tonumber(argv[2]) do
        if not holds(argv[place], argv[place + 1]) then
            return 0
        end
        place = place + 2
    end
    while place < #argv do
        if argv[place + 2] == '0' then
            redis.call('SET', argv[place], argv[place + 1])
        else
            redis.call('SET', argv[place], argv[place + 1], 'EX', argv[place + 2])
        end
        place = place + 3
    end
    if argv[1] ~= '' then
        redis.call('XADD', 'j', '*', 'e', argv[1])
    end
    return 1
end

local function store(argv, place)
    local applied = 0
    while place < #argv do
        local current = redis.call('GETRANGE', argv[place], 0, VERSION - 1)
        if current == '' or newer(argv[place + 1], current) then
            redis.call('SET', argv[place], argv[place + 1])
            applied = applied + 1
        end
        place = place + 2
    end
    return applied
end

-- ARGV: cursor expected, cursor afterwards, (key, version and payload)*
local function apply(_, argv)
    if get('m:cursor') ~= argv[1] then
        return -1
    end
    local applied = store(argv, 3)
    redis.call('SET', 'm:cursor', argv[2])
    return applied
end

-- The cell's cursor keeps its place and takes the new epoch at once: what is applied while the
-- snapshot is read must not lose to the snapshot.
local function begin_rebuild()
    local cursor, rebuild = get('m:cursor'), get('m:rebuild')
    local epoch = 0
    if cursor then
        epoch = version(cursor)
    end
    if rebuild then
        epoch = math.max(epoch, version(rebuild))
    end
    epoch = epoch + 1
    local packed = string.char(math.floor(epoch / 256), epoch % 256)
    redis.call('SET', 'm:rebuild', packed .. string.rep('\0', 6))
    if cursor then
        redis.call('SET', 'm:cursor', packed .. string.sub(cursor, 3))
    end
    return epoch
end

-- ARGV: rebuild expected, (key, version and payload)*
local function apply_snapshot(_, argv)
    if get('m:rebuild') ~= argv[1] then
        return -1
    end
    return store(argv, 2)
end

-- ARGV: rebuild expected, scan cursor, count
local function sweep(_, argv)
    if get('m:rebuild') ~= argv[1] then
        return {'-1', 0}
    end
    local fed = {p = true, c = true, d = true, v = true, y = true}
    local epoch, removed = version(argv[1]), 0
    local found = redis.call('SCAN', argv[2], 'COUNT', argv[3], 'TYPE', 'string')
    for _, key in ipairs(found[2]) do
        if string.sub(key, 2, 2) == ':' and fed[string.sub(key, 1, 1)] then
            local current = redis.call('GETRANGE', key, 0, VERSION - 1)
            if #current == VERSION and version(current) < epoch then
                redis.call('DEL', key)
                removed = removed + 1
            end
        end
    end
    return {found[1], removed}
end

-- ARGV: rebuild expected, cursor of the snapshot
local function finish_rebuild(_, argv)
    if get('m:rebuild') ~= argv[1] then
        return 0
    end
    redis.call('SET', 'm:cursor', argv[2])
    redis.call('SET', 'm:ready', '1')
    redis.call('DEL', 'm:rebuild')
    return 1
end

redis.register_function{function_name = 'NAME_scan', callback = look_up_scan, flags = {'no-writes'}}
redis.register_function{function_name = 'NAME_passage', callback = look_up_passage, flags = {'no-writes'}}
redis.register_function('NAME_commit', commit)
redis.register_function('NAME_commit_scan', commit_scan)
redis.register_function('NAME_apply', apply)
redis.register_function('NAME_begin', begin_rebuild)
redis.register_function('NAME_snapshot', apply_snapshot)
redis.register_function('NAME_sweep', sweep)
redis.register_function('NAME_finish', finish_rebuild)
