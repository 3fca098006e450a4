#pragma once

#include <memory>
#include <string>
#include <vector>

#include "doubles/sqlserver/exec/history.h"
#include "doubles/sqlserver/exec/with_options.h"
#include "doubles/sqlserver/media/device.h"
#include "doubles/sqlserver/media/payload.h"

namespace dbstow::doubles::sqlserver {

using Devices = std::vector<std::unique_ptr<BackupDevice>>;

/// The devices that a statement names. Errors: 3044, 3057, 3038, 3078, 3205, 3206, and for URLs
/// those of `OpenUrlDevice`.
[[nodiscard]] SqlResult<Devices> OpenDevices(const OperationContext& context,
                                             const std::vector<DeviceSpec>& specs,
                                             const Evaluate& evaluate, const WithOptions& options);

/// Errors: those of the evaluation.
[[nodiscard]] SqlResult<TransferLimits> LimitsOf(const std::vector<DeviceSpec>& specs,
                                                 const Evaluate& evaluate);

/// A media set that a backup is about to write to: new, emptied, or to be appended to.
class MediaWriter {
 public:
  /// Lets the instance go while devices are looked at. Errors: 3242, 3132, 3231, 3258, 3095, 3098,
  /// 3266, 3296, 4030, 4037 and the devices' own.
  [[nodiscard]] static SqlResult<MediaWriter> Open(const OperationContext& context, Devices devices,
                                                   std::vector<Devices> mirrors,
                                                   const WithOptions& options, bool compressed,
                                                   bool encrypted);

  [[nodiscard]] int position() const { return position_; }
  [[nodiscard]] int families() const { return static_cast<int>(targets_.size()) / mirrors_; }
  [[nodiscard]] const MediaHeader& header() const { return targets_.front().header; }
  [[nodiscard]] std::vector<HistoryDevice> HistoryDevices() const;

  /// A set without an end, as a crash would leave it.
  [[nodiscard]] SqlResult<void> WriteBeginning(const BackupSet& set);
  [[nodiscard]] SqlResult<void> WriteWhole(const BackupSet& set,
                                           const std::vector<Pieces>& stripes);
  void Undo();

 private:
  struct Target {
    std::unique_ptr<BackupDevice> device;
    MediaHeader header;
    int mirror = 0;
    bool fresh = true;     ///< the tape header is to be written
    std::size_t from = 0;  ///< where the set begins
    std::optional<std::size_t> before;
  };
  /// Looks at what is on the device now.
  [[nodiscard]] SqlResult<void> Approach(Target& target, const OperationContext& context,
                                         const WithOptions& options, Milliseconds now);
  [[nodiscard]] SqlResult<void> Append(Target& target, std::string_view content,
                                       const WithOptions& options, Milliseconds now);
  [[nodiscard]] SqlResult<void> CheckFamilies() const;
  [[nodiscard]] SqlResult<void> Write(const BackupSet& set, const std::vector<Pieces>* stripes);

  std::vector<Target> targets_;  ///< the families, then those of each mirror
  int mirrors_ = 1;
  int position_ = 1;
  bool may_undo_ = false;
};

/// What a RESTORE reads.
struct ReadMedia {
  std::vector<std::string> names;      ///< in the order of the statement
  std::vector<Media> families;         ///< in the order of their family numbers
  std::vector<HistoryDevice> devices;  ///< the same
};

/// Errors: 3201, 3241, 3254, 3132, 3231, 3227, 3258.
[[nodiscard]] SqlResult<ReadMedia> OpenForReading(const Devices& devices, bool all_families);
/// The set that FILE = n names, 1 without. Errors: 4037 for another MEDIANAME, 4038.
[[nodiscard]] SqlResult<std::size_t> ChooseSet(const ReadMedia& media, const WithOptions& options);

}  // namespace dbstow::doubles::sqlserver
