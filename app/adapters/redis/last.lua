#!lua
-- Tells where the log ends. A script and not a plain XINFO, because a server that became a replica
-- refuses a script that may write: an answer always comes from a primary, never from a stale copy.
-- KEYS  log, barrier
-- ARGV  "1" to write the barrier, so that a WAIT that follows covers the log's end
-- Returns "OK <last id>" | "NONE"

if ARGV[1] == '1' then redis.call('SET', KEYS[2], '1') end
if redis.call('EXISTS', KEYS[1]) == 0 then return 'NONE' end
local info = redis.call('XINFO', 'STREAM', KEYS[1])
for i = 1, #info, 2 do
  if info[i] == 'last-generated-id' then return 'OK ' .. info[i + 1] end
end
