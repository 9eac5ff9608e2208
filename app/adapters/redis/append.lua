#!lua
-- Appends one batch of records, all or nothing, if the caller still owns the log and knows its end.
-- KEYS  log, own
-- ARGV  epoch, nonce, expected last id, number of the first new entry, record...
-- Returns "OK" | "GONE" | "FENCED" | "CONFLICT <last id>"
-- The checks come before the first write, and nothing after it can fail: an error in the middle of
-- a script would leave the earlier writes in place. The shebang without flags makes the server
-- refuse the whole script, before it runs, when memory is full or this is a replica.

local own = redis.call('HMGET', KEYS[2], 'epoch', 'nonce', 'born')
local last = '0-0'
if redis.call('EXISTS', KEYS[1]) == 1 then
  local info = redis.call('XINFO', 'STREAM', KEYS[1])
  for i = 1, #info, 2 do
    if info[i] == 'last-generated-id' then last = info[i + 1] end
  end
elseif own[3] or ARGV[3] ~= last then
  return 'GONE'
end

if own[1] ~= ARGV[1] or own[2] ~= ARGV[2] then return 'FENCED' end
if last ~= ARGV[3] then return 'CONFLICT ' .. last end

local shift = tonumber(ARGV[4]) - 5
for i = 5, #ARGV do
  redis.call('XADD', KEYS[1], string.format('%s-%.0f', ARGV[1], shift + i), 'r', ARGV[i])
end
local done = string.format('%s-%.0f', ARGV[1], shift + #ARGV)
redis.call('HSET', KEYS[2], 'born', '1', 'end', done)
return 'OK'
