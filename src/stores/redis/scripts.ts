/** A script that Redis runs atomically. */
export interface Script {
  readonly text: string;
  readonly sha: string;
}

/*
 * Keys of an entry, after the prefix of its service:
 *   e           the epoch of the service: microseconds of Redis' clock at its last purge of more than one key
 *   v:HASH      the value: "EPOCH NUMBER\n", then the entry bytes; expires when the value is no longer usable
 *   n:HASH      the number of the latest load; a load with another number is late
 *   l:HASH      the lease: the token of the node that loads the value
 *   o:HASH      how load N ended if nothing was kept; for its waiters, for a second: "N failed ENDING\nMESSAGE",
 *               "N said ENDING\n" or "N given\n" and entry bytes, or "N alone": too long to be passed on
 *   log         a stream of recent purges
 * Numbers are microseconds, which have more digits than tostring() writes.
 */
const NOW = `
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local function whole(number) return string.format('%.0f', number) end
`;

/** A lost epoch is replaced by the current time: all values stored before are lost with it. */
const EPOCH = `
local epoch = redis.call('GET', KEYS[1])
if not epoch then
  epoch = whole(now)
  redis.call('SET', KEYS[1], epoch)
end
`;

/** Anything that is not one of our values counts as absent, whatever its type. */
const STORED_NUMBER = `
local function storedNumber(key, epoch)
  local head = redis.pcall('GETRANGE', key, 0, 63)
  if type(head) == 'table' then
    redis.call('DEL', key)
    return 0
  end
  local storedIn, number = string.match(head, '^(%d+) (%d+)\\n')
  if storedIn ~= epoch then return 0 end
  return tonumber(number)
end
`;

/**
 * Returns a value that is new enough, the outcome of the awaited load, the lease, or the load to wait for. A node has
 * at most one load per key, so a lease of its own found here is an orphan: it was granted by a reply that came too
 * late. KEYS e n l o v; ARGV newerThan floor token lease-ms waitedFor
 */
export const LOOK = script(`${NOW}${EPOCH}${STORED_NUMBER}
local stored = storedNumber(KEYS[5], epoch)
if stored > tonumber(ARGV[1]) then
  return {'value', whole(stored), redis.call('PTTL', KEYS[5]), redis.call('STRLEN', KEYS[5])}
end
local outcome = redis.pcall('GETRANGE', KEYS[4], 0, 1023)
if type(outcome) == 'string' and ARGV[5] ~= '0' then
  local number, kind, rest = string.match(outcome, '^(%d+) (%a+) ?(.*)$')
  if number == ARGV[5] then return {kind, number, rest} end
end
local began = redis.call('GET', KEYS[2]) or '0'
local held = redis.call('GET', KEYS[3])
local node = string.match(ARGV[3], '^(.*:)')
if held and string.sub(held, 1, #node) ~= node then return {'wait', began} end
local number = whole(math.max(tonumber(began) + 1, now, tonumber(ARGV[2]) + 1))
redis.call('SET', KEYS[3], ARGV[3], 'PX', ARGV[4])
redis.call('SET', KEYS[2], number, 'PX', 3600000)
return {'yours', number, epoch}
`);

/** Extends a lease if it is still ours. KEYS n l; ARGV token lease-ms */
export const RENEW = script(`
if redis.call('GET', KEYS[2]) ~= ARGV[1] then return 0 end
redis.call('PEXPIRE', KEYS[1], 3600000)
return redis.call('PEXPIRE', KEYS[2], ARGV[2])
`);

/**
 * Ends a load. Unless a later load has begun or the epoch has changed, stores its value or leaves a message for the
 * waiters. The lease is released if it is still ours. KEYS e n l o v; ARGV epoch number token how px payload
 */
export const FINISH = script(`${STORED_NUMBER}
if redis.call('GET', KEYS[3]) == ARGV[3] then redis.call('DEL', KEYS[3]) end
if redis.call('GET', KEYS[1]) ~= ARGV[1] or redis.call('GET', KEYS[2]) ~= ARGV[2] then return 0 end
if ARGV[4] == 'put' then
  redis.call('SET', KEYS[5], ARGV[1] .. ' ' .. ARGV[2] .. '\\n' .. ARGV[6], 'PX', ARGV[5])
  return 1
end
if ARGV[4] == 'drop' and storedNumber(KEYS[5], ARGV[1]) < tonumber(ARGV[2]) then redis.call('DEL', KEYS[5]) end
if ARGV[6] ~= '' then redis.call('SET', KEYS[4], ARGV[6], 'PX', 1000) end
return 1
`);

/** Releases orphaned leases. KEYS l of each; ARGV the token of each */
export const RELEASE = script(`
for i, token in ipairs(ARGV) do
  if redis.call('GET', KEYS[i]) == token then redis.call('DEL', KEYS[i]) end
end
return 0
`);

/** Which leases have changed hands or are gone. KEYS n l of each; ARGV the awaited number of each */
export const POLL = script(`
local changed = {}
for i, number in ipairs(ARGV) do
  local same = redis.call('GET', KEYS[2 * i - 1]) == number and redis.call('EXISTS', KEYS[2 * i]) == 1
  changed[i] = same and 0 or 1
end
return changed
`);

/** Removes values with smaller numbers. KEYS e, then v of each; ARGV the number of each */
export const DROP = script(`${STORED_NUMBER}
local epoch = redis.call('GET', KEYS[1])
local dropped = 0
for i, number in ipairs(ARGV) do
  if storedNumber(KEYS[i + 1], epoch) < tonumber(number) then dropped = dropped + redis.call('DEL', KEYS[i + 1]) end
end
return dropped
`);

/** Purges one key, and makes loads of it under way late. KEYS n log v; ARGV node key */
export const PURGE_KEY = script(`${NOW}
local number = whole(math.max(tonumber(redis.call('GET', KEYS[1]) or '0') + 1, now))
redis.call('SET', KEYS[1], number, 'PX', 3600000)
redis.call('XADD', KEYS[2], 'MAXLEN', '~', 1000, '*', 'node', ARGV[1], 'key', ARGV[2])
return redis.call('DEL', KEYS[3])
`);

/** Purges everything of a service. KEYS e log; ARGV node */
export const PURGE_ALL = script(`${NOW}
redis.call('SET', KEYS[1], whole(math.max(tonumber(redis.call('GET', KEYS[1]) or '0') + 1, now)))
redis.call('XADD', KEYS[2], 'MAXLEN', '~', 1000, '*', 'node', ARGV[1], 'all', '')
return 0
`);

/**
 * The purges since the last look. KEYS log of each service; ARGV the last entry read of each, initially 0-0. Returns
 * for each whether entries were missed, the last entry, and node, kind and key of each purge.
 */
export const READ_LOG = script(`
local read = {}
for i, last in ipairs(ARGV) do
  local newest = redis.call('XREVRANGE', KEYS[i], '+', '-', 'COUNT', 1)
  local reached = newest[1] and newest[1][1] or '0-0'
  local missed = last ~= '0-0' and #redis.call('XRANGE', KEYS[i], last, last) == 0
  local found = {missed and 1 or 0, reached}
  if not missed then
    for _, entry in ipairs(redis.call('XRANGE', KEYS[i], '(' .. last, '+')) do
      found[#found + 1] = entry[2][2]
      found[#found + 1] = entry[2][3]
      found[#found + 1] = entry[2][4]
    end
    if last == '0-0' and #found > 2 + 3 * 900 then found[1] = 1 end
  end
  read[i] = found
end
return read
`);

/** All scripts, to be loaded after connecting. */
export const SCRIPTS: readonly Script[] = [
  LOOK,
  RENEW,
  FINISH,
  RELEASE,
  POLL,
  DROP,
  PURGE_KEY,
  PURGE_ALL,
  READ_LOG,
];

function script(text: string): Script {
  return { text, sha: new Bun.CryptoHasher("sha1").update(text).digest("hex") };
}
