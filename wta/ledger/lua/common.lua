-- Put before every script (wta/ledger/scripts.py). Keys that follow from an id are built here, so one Redis holds them
-- all: not Redis Cluster.
local function now_s()
  local time = redis.call('TIME')
  return tonumber(time[1]) + tonumber(time[2]) / 1e6
end

-- Audio that waits to be transcribed, by utterance and in all (ms).
local function begin_waiting(id, seconds)
  local ms = math.floor(tonumber(seconds) * 1000 + 0.5)
  if redis.call('HSET', 'utterances:waiting', id, seconds) == 1 then redis.call('INCRBY', 'utterances:waiting_ms', ms) end
end

local function end_waiting(id)
  local seconds = redis.call('HGET', 'utterances:waiting', id)
  if not seconds then return end
  redis.call('HDEL', 'utterances:waiting', id)
  redis.call('DECRBY', 'utterances:waiting_ms', math.floor(tonumber(seconds) * 1000 + 0.5))
end

-- When an utterance may be claimed (again): in its stage's order, and in the set of all that are unfinished.
local function due(stage, id, at)
  redis.call('ZADD', 'utterances:due:' .. stage, at, id)
  redis.call('ZADD', 'utterances:pending', at, id)
end

local function not_due(stage, id)
  redis.call('ZREM', 'utterances:due:' .. stage, id)
  redis.call('ZREM', 'utterances:pending', id)
  end_waiting(id)
end

-- A session counts its utterances in each stage: field `in_audio` or `in_text`.
local function count(session, stage, by)
  if redis.call('EXISTS', session) == 1 then redis.call('HINCRBY', session, 'in_' .. stage, by) end
end

-- Keep a key for at least `ttl` seconds more.
local function keep(key, ttl)
  local left = redis.call('TTL', key)
  if left ~= -2 and left < tonumber(ttl) then redis.call('EXPIRE', key, ttl) end
end
