#include "dbstow/operations/operation.h"

namespace dbstow {

RecordedInstance::RecordedInstance(DatabaseEngine engine, std::string name)
    : DatabaseInstance(std::move(engine), std::move(name), "", ConnectionInfo{}, CapabilitySet{}) {}

Result<InstanceState> RecordedInstance::Probe(OperationContext&) {
  return Error(ErrorCode::kNotFound,
               "instance '" + name() + "' is known only from its backups, not where it is")
      .WithHint("add [instances." + name() + "] to the configuration, or give its URI");
}

}  // namespace dbstow
