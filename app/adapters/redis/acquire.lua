#!lua
-- Opens the next epoch for a new owner, which fences every earlier one at that moment.
-- KEYS  log, own, lease
-- ARGV  nonce, node, lease in ms, "1" to ignore another's lease
-- Returns "OK <epoch> <last id>" | "HELD <ms left>" | "GONE" | "LOST <last id> <end once written>"

local holder = redis.call('GET', KEYS[3])
if holder and holder ~= ARGV[1] and ARGV[4] ~= '1' then
  local left = redis.call('PTTL', KEYS[3])
  if left == -1 then
    -- Some ways of copying a store forget when its keys end; a living holder renews it anyway.
    redis.call('PEXPIRE', KEYS[3], ARGV[3])
    left = tonumber(ARGV[3])
  end
  return string.format('HELD %.0f', math.max(left, 0))
end

local own = redis.call('HMGET', KEYS[2], 'epoch', 'born', 'end')
local last = '0-0'
if redis.call('EXISTS', KEYS[1]) == 1 then
  local info = redis.call('XINFO', 'STREAM', KEYS[1])
  for i = 1, #info, 2 do
    if info[i] == 'last-generated-id' then last = info[i + 1] end
  end
elseif own[2] then
  return 'GONE'
end

if own[3] then
  local had_epoch, had_n = string.match(own[3], '^(%d+)-(%d+)$')
  local has_epoch, has_n = string.match(last, '^(%d+)-(%d+)$')
  had_epoch, has_epoch = tonumber(had_epoch or '0'), tonumber(has_epoch)
  if has_epoch < had_epoch or (has_epoch == had_epoch and tonumber(has_n) < tonumber(had_n)) then
    return 'LOST ' .. last .. ' ' .. own[3]
  end
end

local epoch = math.max(tonumber(own[1] or '0'), tonumber(string.match(last, '^%d+'))) + 1
epoch = string.format('%.0f', epoch)
redis.call('HSET', KEYS[2], 'epoch', epoch, 'nonce', ARGV[1], 'node', ARGV[2])
redis.call('SET', KEYS[3], ARGV[1], 'PX', ARGV[3])
return 'OK ' .. epoch .. ' ' .. last
