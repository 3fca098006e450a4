#pragma once

#include <optional>
#include <string>

#include "observability/audit_log.h"

namespace dbstow::observability {

/// The file beside a log that says which record is its newest: without it a log that was cut at the
/// end of a record would look whole.
[[nodiscard]] std::string AuditHeadPath(const std::string& log_path);
/// None when it is missing or not an anchor.
[[nodiscard]] Result<std::optional<AuditAnchor>> ReadAuditHead(const std::string& log_path,
                                                               SharedFiles& files);
[[nodiscard]] Result<void> WriteAuditHead(const std::string& log_path, SharedFiles& files,
                                          const AuditAnchor& newest);

}  // namespace dbstow::observability
