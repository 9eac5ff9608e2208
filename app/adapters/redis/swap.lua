#!lua
-- Puts a clean copy of the log in the log's place, and the log aside.
-- KEYS  log, own, draft, aside
-- ARGV  epoch, nonce, last id of the draft, records in the draft, last id of the log
-- Returns "OK" | "GONE" | "FENCED" | "CONFLICT <last id>"
-- The owner is the only one who may write, so what it copied is the log; if the log's end moved
-- meanwhile, somebody else writes still, and the caller has to look again.

if redis.call('EXISTS', KEYS[1]) == 0 then return 'GONE' end
local own = redis.call('HMGET', KEYS[2], 'epoch', 'nonce')
if own[1] ~= ARGV[1] or own[2] ~= ARGV[2] then return 'FENCED' end

local function last_of(key)
  if redis.call('EXISTS', key) == 0 then return '0-0' end
  local info = redis.call('XINFO', 'STREAM', key)
  for i = 1, #info, 2 do
    if info[i] == 'last-generated-id' then return info[i + 1] end
  end
end

local last = last_of(KEYS[1])
local copied = last_of(KEYS[3]) == ARGV[3] and redis.call('XLEN', KEYS[3]) == tonumber(ARGV[4])
if last ~= ARGV[5] or not copied then return 'CONFLICT ' .. last end
redis.call('RENAME', KEYS[1], KEYS[4])
redis.call('RENAME', KEYS[3], KEYS[1])
-- What was put aside may have been the owner's own, written and never acknowledged.
redis.call('HSET', KEYS[2], 'end', ARGV[3])
return 'OK'
