if obj.spec == nil then
  obj.spec = {}
end
obj.spec.suspended = true
return obj
