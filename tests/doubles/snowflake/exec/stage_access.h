#pragma once

#include <string>
#include <vector>

#include "dbstow/core/result.h"
#include "doubles/snowflake/exec/execution.h"
#include "doubles/snowflake/sql/ast.h"
#include "doubles/snowflake/stage/file_format.h"

namespace dbstow::doubles::snowflake {

/// A stage that a statement may use.
struct OpenedStage {
  std::string folder;      ///< of the stage in the store, with a slash at the end
  std::string label;       ///< how LIST begins its names: "stage", "~", "%table"
  std::string master_key;  ///< base64, of client-side encryption; empty without
  std::map<std::string, std::string> format;  ///< the stage's own file format options
};

enum class StageUse { kRead, kWrite };
/// Errors: as Names; 003001.
[[nodiscard]] Result<OpenedStage> OpenStage(const Execution& execution,
                                            const StageLocation& location, StageUse use);
/// The files under a location, perhaps only those whose whole path matches a regular expression.
[[nodiscard]] Result<std::vector<StagedFile>> ListStage(const Execution& execution,
                                                        const OpenedStage& stage,
                                                        const std::string& path,
                                                        const std::optional<std::string>& pattern);
/// A file's bytes, decrypted and decompressed. Errors: 100183 when it is not there.
[[nodiscard]] Result<std::string> ReadStaged(const Execution& execution, const OpenedStage& stage,
                                             const std::string& path, const FileFormat& format);

/// The options of FILE_FORMAT = (…), of a named format, or of the stage, in this order.
[[nodiscard]] Result<FileFormat> ResolveFormat(const Execution& execution,
                                               const Properties& options, const OpenedStage& stage);
[[nodiscard]] Result<std::map<std::string, std::string>> NamedFormatOptions(
    const Execution& execution, const std::string& name);

}  // namespace dbstow::doubles::snowflake
