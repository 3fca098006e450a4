#pragma once

#include <optional>
#include <string>
#include <vector>

#include "dbstow/core/connection_info.h"
#include "dbstow/core/interfaces.h"
#include "engines/postgres/pg_zero_copy.h"
#include "io/engine_ports.h"

namespace dbstow::postgres {

enum class CloneStrategy { kAuto, kTemplateWalLog, kTemplateFileCopy, kStream };

/// What `extra` of a clone asks for.
struct CloneSettings {
  CloneStrategy strategy = CloneStrategy::kAuto;
  std::optional<ConnectionInfo> target_server;  ///< none: the source's own
  int jobs = 2;
  StringMap copy;  ///< those keys that are options of copying, as a backup knows them

  /// Errors: InvalidOptions.
  [[nodiscard]] static Result<CloneSettings> FromExtra(const StringMap& extra);
};

/// The keys of `extra` that `CloneSettings` understands.
[[nodiscard]] std::vector<OptionSpec> CloneSpecs();

/// What CREATE DATABASE … TEMPLATE does on this server to a database of this size.
struct TemplatePlan {
  std::string clause;  ///< " STRATEGY = wal_log", or nothing before version 15
  std::string name;    ///< "template_wal_log" or "template_file_copy"
  bool zero_copy = false;
  std::string zero_copy_reason;  ///< why not, or why that is not known; empty when zero_copy
};
struct TemplateFacts {
  int server_version = 0;
  std::uint64_t bytes = 0;
  ZeroCopyVerdict sharing;
  bool zero_copy_preferred = true;
};
[[nodiscard]] TemplatePlan PlanTemplate(CloneStrategy strategy, const TemplateFacts& facts);

/// Copies the database under another name: by CREATE DATABASE … TEMPLATE, which is fastest but
/// needs the source to be without sessions; else, and to another server, by streaming its tables
/// from COPY to COPY in parallel under one snapshot, with nothing stored in between. Built beside
/// the target's name and renamed at the end; dropped when it fails. Owner, grants, settings and
/// comment of the database come along.
/// Errors: AlreadyExists, Conflict (sessions, when a template strategy is demanded),
/// PermissionDenied, UnsupportedCapability (what an older target server cannot know).
[[nodiscard]] Result<CloneResult> ClonePostgres(const ConnectionInfo& source,
                                                const CloneOptions& options,
                                                const EnginePorts& ports,
                                                OperationContext& context);

}  // namespace dbstow::postgres
