#pragma once

#include <memory>

#include "dbstow/core/backup_store.h"
#include "repository/write_session.h"

namespace dbstow::repository {

/// Stores the pages that the parent's item of the same name does not have at the same place.
/// Memory: one map segment and one superblock for each segment that is begun and not complete.
/// Errors: InvalidOptions for a page size that is no power of two from 512 to 65536.
[[nodiscard]] Result<std::unique_ptr<PageSink>> CreatePageSink(
    std::shared_ptr<WriteSession> session, ItemSpec spec, std::uint32_t page_size);

}  // namespace dbstow::repository
