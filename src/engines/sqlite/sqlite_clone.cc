#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <array>
#include <cstring>

#include "engines/sqlite/page_pump.h"
#include "engines/sqlite/sqlite_instance.h"
#include "io/descriptor.h"

namespace dbstow::sqlite {
namespace {

std::string SystemText(int error_number) {
  switch (error_number) {
    case EOPNOTSUPP:
    case ENOTTY:
    case EINVAL: return "the file system cannot share blocks between files";
    case EXDEV: return "the target is on another file system";
    default: return std::strerror(error_number);
  }
}

// `cp` does it in a process of its own: here, closing a second descriptor of the database would
// drop the locks that hold the snapshot. Why not, when it could not.
Result<std::optional<std::string>> Reflink(const std::string& from, const std::string& to,
                                           io::ProcessRunner& processes,
                                           const OperationContext& context) {
  const io::Command command{.program = "cp",
                            .arguments = {"--reflink=always", "--", from, to},
                            .environment = {{"LC_ALL", "C"}}};
  const auto ignore = [](ByteView) { return Result<void>(); };
  auto outcome = processes.Run(command, ignore, context.clock, context.deadline, context.stop);
  if (!outcome && outcome.error().code() == ErrorCode::kNotFound) {
    return std::optional<std::string>("the program `cp` is not there");
  }
  DBSTOW_TRY(outcome);
  if (outcome->ok()) return std::optional<std::string>();
  return std::optional<std::string>(outcome->error_tail.substr(0, outcome->error_tail.find('\n')));
}

// The shared file as the snapshot has it: newer pages come from the log, later ones are cut off.
Result<void> ApplySnapshot(Snapshot& snapshot, StagedFile& staged) {
  Bytes page(snapshot.page_size());
  for (const WalPages::Place& place : snapshot.log_pages().all()) {
    DBSTOW_TRY(snapshot.readers().front().Read(place.page, page));
    DBSTOW_TRY(staged.file().WriteAt(std::uint64_t{place.page} * page.size(), page));
  }
  return staged.file().Truncate(snapshot.size());
}

Result<void> CopyPages(Snapshot& snapshot, StagedFile& staged, const OperationContext& context) {
  StageMeter stages;
  PagePump pump(stages, snapshot.page_size(), snapshot.page_count());
  io::TaskGroup group(context);
  for (Snapshot::Reader& reader : snapshot.readers()) {
    pump.StartThread(
        group,
        [&reader](std::uint64_t first, MutableByteView out) { return reader.Read(first, out); },
        [&](std::uint64_t first, ByteView bytes) {
          const StageTimer timer(stages, Stage::kTarget, context.clock);
          return staged.file().WriteAt(first * snapshot.page_size(), bytes);
        });
  }
  return group.Wait();
}

// Why the bytes must be copied; none when the blocks are shared.
Result<std::optional<std::string>> TryShare(Snapshot& snapshot, StagedFile& staged,
                                            io::ProcessRunner& processes,
                                            const OperationContext& context) {
  const std::string folder = FolderOf(staged.path());
  if (auto why = WhyNoReflink(folder)) return why;
  const std::string from = snapshot.session().file_path();
  DBSTOW_ASSIGN(auto why, Reflink(from, staged.path(), processes, context));
  if (why) return why;
  if (snapshot.session().Moved()) {
    return Error(ErrorCode::kConflict, "'" + from + "' was replaced during the clone")
        .WithRetry(Retry::kTransient);
  }
  DBSTOW_TRY(ApplySnapshot(snapshot, staged));
  context.progress.Report({"pages", "", snapshot.size(), snapshot.size(), ""});
  return why;
}

}  // namespace

std::optional<std::string> WhyNoReflink(const std::string& folder) {
  // Files without a name: nothing is left behind, whatever happens.
  const io::Descriptor from(open(folder.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600));
  const io::Descriptor to(open(folder.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600));
  if (!from.open() || !to.open()) return SystemText(errno);
  const std::array<char, 4096> block{};
  if (write(from.get(), block.data(), block.size()) < 0) return SystemText(errno);
  if (ioctl(to.get(), FICLONE, from.get()) == 0) return std::nullopt;
  return SystemText(errno);
}

Result<CloneResult> SqliteInstance::Clone(const CloneOptions& options, OperationContext& context) {
  DBSTOW_TRY(options.Validate());
  DBSTOW_TRY(CheckOptions("option", options.extra, {}));
  if (options.source_time) DBSTOW_TRY(EverCapabilities().Require(capability::kClonePointInTime));
  const Target target{ResolveTarget(options.target_name), Target::IfExists::kRefuse};
  if (context.dry_run) {
    DBSTOW_TRY(CheckDatabaseFile(ports_.files, settings_.path));
    DBSTOW_TRY(StagedFile::Check(ports_.files, target, context));
    return CloneResult{.target = target.path};
  }
  DBSTOW_ASSIGN(auto staged, StagedFile::Create(ports_.files, target, context));
  DBSTOW_ASSIGN(auto snapshot, Snapshot::Pin(source(), kPageThreads, ports_.files, context));
  std::optional<std::string> why = "zero_copy_preferred was not asked for";
  if (options.zero_copy_preferred) {
    DBSTOW_ASSIGN(why, TryShare(*snapshot, *staged, ports_.processes, context));
  }
  CloneResult result{.target = target.path, .zero_copy = !why};
  if (why) {
    DBSTOW_TRY(CopyPages(*snapshot, *staged, context));
    result.bytes_copied = snapshot->size();
    result.details["zero_copy_reason"] = *why;
  }
  result.details["page_count"] = std::to_string(snapshot->page_count());
  DBSTOW_TRY(snapshot->CheckUntouched());
  DBSTOW_TRY(staged->TakeModeOf(snapshot->session().file_path()));
  snapshot->Release();
  DBSTOW_TRY(context.CheckAlive("cloning '" + settings_.path + "'"));
  DBSTOW_TRY(staged->Publish());
  return result;
}

}  // namespace dbstow::sqlite
