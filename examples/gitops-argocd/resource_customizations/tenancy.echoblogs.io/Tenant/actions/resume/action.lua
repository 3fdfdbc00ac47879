if obj.spec ~= nil then
  obj.spec.suspended = nil
  obj.spec.suspensionReason = nil
end
return obj
