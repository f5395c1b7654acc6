-- Claim what is due, the oldest first, as far as its endpoint has a slot: count the attempt, and hold it for hold_s.
-- Where more is due than `most`, what had no slot is put off by hold_s too, so that what stands behind it is seen.
-- KEYS: pending   ARGV: most, hold_s, ttl_s, then endpoint id, free slots, endpoint id, free slots, ...
-- Returns {1 where more is due than was looked at or else 0, delivery_id, attempt, delivery_id, attempt, ...}.
local time = redis.call('TIME')
local now = tonumber(time[1]) + tonumber(time[2]) / 1e6
local later = now + tonumber(ARGV[2])
local slots = {}
for i = 4, #ARGV, 2 do slots[ARGV[i]] = tonumber(ARGV[i + 1]) end
local due = redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', now, 'LIMIT', 0, ARGV[1])
local more = #due == tonumber(ARGV[1])
local answer = {more and 1 or 0}
for _, id in ipairs(due) do
  local endpoint = string.match(id, '^[^:]*')
  local free = slots[endpoint] or 1 -- an endpoint that is no longer named: its delivery is claimed, and then dropped
  if free > 0 then
    local key = 'webhook:' .. id
    slots[endpoint] = free - 1
    table.insert(answer, id)
    table.insert(answer, redis.call('HINCRBY', key, 'attempts', 1))
    redis.call('EXPIRE', key, ARGV[3])
  end
  if free > 0 or more then redis.call('ZADD', KEYS[1], later, id) end
end
return answer
