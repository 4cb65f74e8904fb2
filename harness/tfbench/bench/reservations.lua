-- wrk: buyers of one seat each through App 1's HTTP interface: POST a hold, then POST its confirmation.
--
--   request()  -> a hold that waits for its confirmation is confirmed; else the next seat is held
--   response() -> 201 with a hold: it waits; 201 with an order: sold; 409: refused; anything else: an error
--
-- Arguments: ADDRESSES (host:port,...), each thread's connections go to the next one; THREADS; EVENT; FIRST_SEAT,
-- SEATS, SEED: all threads draw seats in one order without repetition, each taking its turn; RUN: unique, in its keys.
-- Prints one line of JSON at the end. A thread that has no seat left stops.

local threads = {}

function setup(thread)
   thread:set("turn", #threads)
   table.insert(threads, thread)
end

local function addresses(list)
   local found = {}
   for host, port in list:gmatch("([^:,]+):(%d+)") do
      table.insert(found, wrk.lookup(host, port)[1])
   end
   return found
end

local function shuffled(first, count, seed)
   math.randomseed(seed)
   local order = {}
   for i = 1, count do order[i] = first + i - 1 end
   for i = count, 2, -1 do
      local j = math.random(i)
      order[i], order[j] = order[j], order[i]
   end
   return order
end

function init(args)
   local places = addresses(args[1])
   wrk.thread.addr = places[turn % #places + 1]
   step, event = tonumber(args[2]), args[3]
   seats = shuffled(tonumber(args[4]), tonumber(args[5]), tonumber(args[6]))
   keys = args[7] .. "-" .. turn
   next_seat, sent, waiting = turn + 1, 0, {}
   holds, sold, refused, failed = 0, 0, 0, 0
end

local function post(path, body)
   sent = sent + 1
   -- Keys at random, as clients draw them: in the index they fall anywhere.
   local key = string.format("%08x-%s-%d", math.random(0, 2147483647), keys, sent)
   return wrk.format("POST", path, { ["Content-Type"] = "application/json", ["Idempotency-Key"] = key }, body)
end

local buyer = '{"comprador":{"rut":"11111111-1","nombre":"Comprador de Prueba","correo":"comprador@example.com"}}'

function request()
   local hold = table.remove(waiting)
   if hold then
      return post("/v1/retenciones/" .. hold .. "/confirmacion", buyer)
   end
   local seat = seats[next_seat]
   if not seat then
      wrk.thread:stop()
      return wrk.format("GET", "/salud/viva")
   end
   next_seat = next_seat + step
   return post("/v1/retenciones", string.format('{"evento":"%s","asientos":[%d],"sesion":"%s"}', event, seat, keys))
end

function response(status, headers, body)
   if status == 201 then
      local hold = body:match('^{"retencion_id":"([%x-]+)"')
      if hold then
         holds = holds + 1
         table.insert(waiting, hold)
      else
         sold = sold + 1
      end
   elseif status == 409 then
      refused = refused + 1
   elseif status ~= 200 then
      failed = failed + 1
   end
end

local function total(name)
   local sum = 0
   for _, thread in ipairs(threads) do sum = sum + thread:get(name) end
   return sum
end

function done(summary, latency, requests)
   local lost = summary.errors
   io.write(string.format(
      '{"sold":%d,"holds":%d,"refused":%d,"errors":%d,"seconds":%.6f,"p50_ms":%.3f,"p99_ms":%.3f,"max_ms":%.3f}\n',
      total("sold"), total("holds"), total("refused"),
      total("failed") + lost.connect + lost.read + lost.write + lost.timeout,
      summary.duration / 1e6, latency:percentile(50) / 1e3, latency:percentile(99) / 1e3, latency.max / 1e3))
end
