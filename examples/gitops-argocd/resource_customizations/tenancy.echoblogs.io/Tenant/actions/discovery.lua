local actions = {}
for _, name in ipairs({"suspend", "resume", "restore", "approve-deletion", "cancel-deletion"}) do
  actions[name] = {["disabled"] = true}
end

if obj.spec ~= nil and obj.spec.suspended then
  actions["resume"]["disabled"] = false
else
  actions["suspend"]["disabled"] = false
end

if obj.status ~= nil then
  -- The status lists tombstones while the Tenant waits for a decision about them.
  if obj.metadata.deletionTimestamp == nil and obj.status.tombstones ~= nil and #obj.status.tombstones > 0 then
    actions["restore"]["disabled"] = false
  end
  if obj.metadata.deletionTimestamp ~= nil and obj.status.deletionHold ~= nil then
    actions["approve-deletion"]["disabled"] = false
    actions["cancel-deletion"]["disabled"] = false
  end
end
return actions
