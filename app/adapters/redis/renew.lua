#!lua
-- Lengthens the owner's lease, also one that ran out while nobody took over.
-- KEYS  own, lease
-- ARGV  epoch, nonce, lease in ms
-- Returns "OK" | "FENCED"

local own = redis.call('HMGET', KEYS[1], 'epoch', 'nonce')
if own[1] ~= ARGV[1] or own[2] ~= ARGV[2] then return 'FENCED' end
redis.call('SET', KEYS[2], ARGV[2], 'PX', ARGV[3])
return 'OK'
