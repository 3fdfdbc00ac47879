if obj.status == nil or obj.status.deletionHold == nil then
  error("the deletion of the Tenant is not held")
end
if obj.metadata.annotations == nil then
  obj.metadata.annotations = {}
end
obj.metadata.annotations["tenancy.echoblogs.io/deletion"] = "Cancelled"
return obj
