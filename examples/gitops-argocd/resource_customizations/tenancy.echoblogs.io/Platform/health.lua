local hs = {}
if obj.status == nil or obj.status.observedGeneration ~= obj.metadata.generation then
  hs.status = "Progressing"
  hs.message = "Waiting for the operator"
  return hs
end

local conditions = {}
for _, condition in ipairs(obj.status.conditions or {}) do
  conditions[condition.type] = condition
end
local ready, stalled = conditions["Ready"], conditions["Stalled"]

if stalled ~= nil and stalled.status == "True" then
  hs.status = "Degraded"
  hs.message = stalled.message
elseif ready ~= nil and ready.status == "True" then
  hs.status = "Healthy"
  hs.message = ready.message
  -- These need a decision, and do not keep the Platform from serving its Tenants.
  for _, kind in ipairs({"DeletionsHeld", "OrphansFound"}) do
    if conditions[kind] ~= nil and conditions[kind].status == "True" then
      hs.message = conditions[kind].message
      break
    end
  end
else
  hs.status = "Progressing"
  hs.message = "Waiting for the operator"
  if ready ~= nil then
    hs.message = ready.message
  end
end
return hs
