-- Argo CD's health of a PveCluster or BalancePolicy; the same script serves both kinds.
-- Written for Lua 5.1, which is what Argo CD runs.
local status = obj.status or {}
local conditions = {}
for _, condition in ipairs(status.conditions or {}) do
  conditions[condition.type] = condition
end
local ready = conditions.Ready

if obj.metadata.deletionTimestamp ~= nil then
  return { status = "Progressing", message = "It is being deleted." }
end
if ready == nil then
  return { status = "Progressing", message = "The operator has not seen it yet." }
end
if status.observedGeneration ~= obj.metadata.generation then
  return { status = "Progressing", message = "The operator has not taken up this version of it yet." }
end
if ready.status == "False" then
  return { status = "Degraded", message = ready.reason .. ": " .. ready.message }
end
if ready.status ~= "True" or conditions.Reconciling ~= nil then
  return { status = "Progressing", message = (conditions.Reconciling or ready).message }
end
if obj.spec.suspend then
  return { status = "Suspended", message = ready.message }
end
return { status = "Healthy", message = ready.message }
