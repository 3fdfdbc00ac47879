-- A suspended Tenant is Healthy: an unpaid bill must neither fail a pipeline nor hold up its next sync wave.
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
local ready, stalled, active = conditions["Ready"], conditions["Stalled"], conditions["Active"]

if obj.metadata.deletionTimestamp ~= nil then
  -- Argo CD itself shows every object that is being deleted as Progressing, and does not run this script.
  hs.status = "Progressing"
  if obj.status.deletionHold ~= nil then
    hs.status = "Suspended"
  end
  hs.message = "Pending deletion"
  if ready ~= nil and ready.status ~= "True" then
    hs.message = ready.message
  end
elseif stalled ~= nil and stalled.status == "True" then
  hs.status = "Degraded"
  hs.message = stalled.message
elseif ready ~= nil and ready.status == "True" then
  hs.status = "Healthy"
  hs.message = ready.message
  if active ~= nil and (active.status ~= "True" or obj.status.phase == "Grace") then
    hs.message = active.message
  end
else
  hs.status = "Progressing"
  hs.message = "Waiting for the operator"
  if ready ~= nil then
    hs.message = ready.message
  end
end
return hs
