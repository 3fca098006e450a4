#include "app/written_files.h"

#include <array>
#include <utility>

namespace dbstow::app {
namespace {

std::string FolderOf(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

Result<bool> IsThere(observability::SharedFiles& files, const std::string& path) {
  const auto size = files.Size(path);
  if (size) return true;
  if (size.error().code() == ErrorCode::kNotFound) return false;
  return size.error();
}

// One that another process holds is a good one.
Result<void> TryLock(observability::SharedFiles& files, const std::string& path) {
  // Not made where there never was one.
  DBSTOW_ASSIGN(const bool there, IsThere(files, path + ".lock"));
  if (!there) return {};
  std::stop_source do_not_wait;
  do_not_wait.request_stop();
  const auto lock = files.Lock(path, Deadline::Never(), do_not_wait.get_token());
  if (lock || lock.error().code() == ErrorCode::kCancelled) return {};
  return lock.error();
}

Result<void> CheckPlace(io::FileSystem& files, const std::string& path) {
  const std::string folder = FolderOf(path);
  const auto above = files.Stat(folder);
  if (!above) {
    if (above.error().code() != ErrorCode::kNotFound) return above.error();
    return Error(ErrorCode::kNotFound, "the folder " + folder + " is not there")
        .WithHint("mkdir -p " + folder + ", or name another place");
  }
  const auto info = files.Stat(path);
  if (!above->is_directory || (info && info->is_directory)) {
    return Error(ErrorCode::kInvalidOptions,
                 above->is_directory ? path + " is a folder" : folder + " is not a folder")
        .WithHint("name a file");
  }
  return {};
}

}  // namespace

Result<void> TryNewFile(io::FileSystem& files, const std::string& path) {
  // What a killed run left.
  [[maybe_unused]] const auto leftover = files.Remove(path);
  const auto fill = [&]() -> Result<void> {
    DBSTOW_ASSIGN(const auto file, files.Open(path, io::OpenMode::kCreateNew));
    DBSTOW_TRY(file->WriteAt(0, AsBytes("doctor")));
    return file->Sync();
  };
  const auto filled = fill();
  const auto removed = files.Remove(path);
  return filled ? removed : filled;
}

Result<void> TryAuditLog(const FilePorts& ports, const std::string& path) {
  DBSTOW_TRY(CheckPlace(ports.files, path));
  DBSTOW_TRY(TryNewFile(ports.files, path + ".doctor"));  // its head is a new file each time
  DBSTOW_TRY(TryLock(ports.shared, path));
  DBSTOW_ASSIGN(const bool there, IsThere(ports.shared, path));
  return there ? ports.shared.Append(path, "") : Result<void>();
}

Result<void> TryMetricsFile(const FilePorts& ports, const std::string& path) {
  DBSTOW_TRY(CheckPlace(ports.files, path));
  DBSTOW_TRY(TryNewFile(ports.files, path + ".doctor"));
  DBSTOW_TRY(TryLock(ports.shared, path));
  DBSTOW_ASSIGN(const bool there, IsThere(ports.shared, path));
  if (there) DBSTOW_TRY(ports.shared.Read(path, 0, 1));
  return {};
}

std::vector<Error> FindImpossiblePlaces(const Configuration& configuration, io::FileSystem& files) {
  std::vector<Error> found;
  const std::array places = {std::pair{"[audit] path", &configuration.audit_path},
                             std::pair{"[metrics] textfile", &configuration.metrics_textfile},
                             std::pair{"[log] path", &configuration.log_path}};
  for (const auto& [setting, path] : places) {
    if (path->empty()) continue;
    const auto possible = CheckPlace(files, *path);
    if (possible) continue;
    const Error& error = possible.error();
    found.push_back(
        Error(error.code(), std::string(setting) + ": " + error.message()).WithHint(error.hint()));
  }
  return found;
}

}  // namespace dbstow::app
