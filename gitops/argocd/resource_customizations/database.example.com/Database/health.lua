-- Health of a Database, from spec and status alone; no library is needed.
local hs = {}
if obj.metadata.deletionTimestamp ~= nil then
  hs.status = "Progressing"
  hs.message = "The Database is being deleted."
  return hs
end
if obj.spec ~= nil and obj.spec.paused == true then
  hs.status = "Suspended"
  hs.message = "spec.paused is set: nothing is applied or healed."
  return hs
end
if obj.status == nil or obj.status.observedGeneration == nil then
  local annotations = obj.metadata.annotations or {}
  if annotations["database.example.com/children"] == "rendered" then
    hs.status = "Healthy"
    hs.message = "Nobody walks the phases: see the health of the StatefulSet."
  else
    hs.status = "Progressing"
    hs.message = "Nothing has been made of it yet: run cdk8s-database apply."
  end
  return hs
end
if obj.metadata.generation ~= nil and obj.status.observedGeneration ~= obj.metadata.generation then
  hs.status = "Progressing"
  hs.message = "The status is about generation " .. obj.status.observedGeneration .. ", the spec is generation "
    .. obj.metadata.generation .. ": run cdk8s-database apply."
  return hs
end
local conditions = {}
for _, condition in ipairs(obj.status.conditions or {}) do
  conditions[condition.type] = condition
end
local function is(name, status)
  return conditions[name] ~= nil and conditions[name].status == status
end
local function said(name)
  return (conditions[name].reason or name) .. ": " .. (conditions[name].message or "")
end
if is("Stalled", "True") then
  hs.status = "Degraded"
  hs.message = said("Stalled")
elseif is("Reconciling", "True") then
  hs.status = "Progressing"
  hs.message = said("Reconciling")
elseif is("Ready", "True") then
  hs.status = "Healthy"
  hs.message = said("Ready")
elseif conditions["Ready"] ~= nil then
  hs.status = "Progressing"
  hs.message = said("Ready")
else
  hs.status = "Progressing"
  hs.message = "The status has no condition Ready yet."
end
return hs
