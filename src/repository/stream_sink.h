#pragma once

#include <memory>

#include "dbstow/core/backup_store.h"
#include "repository/write_session.h"

namespace dbstow::repository {

/// Cuts a stream into chunks and stores those that the parent's stream of the same name does not
/// have at the same place. Holds one chunk and one map segment in memory.
[[nodiscard]] Result<std::unique_ptr<StreamSink>> CreateStreamSink(
    std::shared_ptr<WriteSession> session, ItemSpec spec);

}  // namespace dbstow::repository
