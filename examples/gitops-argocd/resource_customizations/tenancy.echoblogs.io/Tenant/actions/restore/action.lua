-- The newest tombstone is the first one.
if obj.status == nil or obj.status.tombstones == nil or #obj.status.tombstones == 0 then
  error("the Tenant does not wait for a decision about a tombstone")
end
if obj.metadata.annotations == nil then
  obj.metadata.annotations = {}
end
obj.metadata.annotations["tenancy.echoblogs.io/on-tombstone"] = "Restore/" .. tostring(obj.status.tombstones[1].id)
return obj
