#include "doubles/sqlserver/exec/media_set.h"

#include <algorithm>
#include <set>

#include "doubles/sqlserver/exec/url_device.h"
#include "doubles/sqlserver/value/convert.h"
#include "doubles/sqlserver/value/text.h"

namespace dbstow::doubles::sqlserver {
namespace {

constexpr std::size_t kLongestDevice = 259;
constexpr std::size_t kMostDevices = 64;

SqlError WrongMediaName(const std::string& found, const std::string& device) {
  return {4037, 16,
          "The user-specified MEDIANAME does not match the MEDIANAME \"" + found +
              "\" of the device \"" + device + "\"."};
}

SqlError OtherFormat(const std::string& device, int version) {
  return {3243, 16,
          "The media family on device '" + device +
              "' was created using Microsoft Tape Format version " + std::to_string(version) +
              ".0. SQL Server supports version 1.0."};
}

SqlResult<std::unique_ptr<BackupDevice>> OpenOne(const OperationContext& context, DeviceKind kind,
                                                 const std::string& name,
                                                 const WithOptions& options) {
  if (name.empty()) return SqlError{3044, 16, "Invalid zero-length device name."};
  if (Utf16Length(name) > kLongestDevice) {
    return SqlError{3057, 16,
                    "Invalid device name. The length of the device name provided exceeds supported "
                    "limit (maximum length is:259)."};
  }
  const bool control =
      std::any_of(name.begin(), name.end(), [](unsigned char c) { return c < 32; });
  if (control) {
    return SqlError{3038, 16, "The file name \"" + name + "\" is invalid as a backup device name."};
  }
  const bool url = name.find("://") != std::string::npos;
  switch (kind) {
    case DeviceKind::kDisk: {
      if (url) {
        return SqlError{3078, 16,
                        "The file name \"" + name +
                            "\" is invalid as a backup device name for the specified device type."};
      }
      if (SameName(name, "NUL")) return MakeNullDevice();
      return MakeDiskDevice(context.engine.instance().BackupPath(name));
    }
    case DeviceKind::kUrl: return OpenUrlDevice(context, name, options);
    case DeviceKind::kLogical:
      for (const LogicalDevice& device : context.engine.instance().server().backup_devices) {
        if (SameName(device.name, name)) return MakeDiskDevice(device.path, device.name);
      }
      return SqlError{3206, 16, "Backup device '" + name + "' does not exist."};
    default: return SqlError{3011, 16, "Tape and virtual devices are not there."};
  }
}

}  // namespace

SqlResult<Devices> OpenDevices(const OperationContext& context,
                               const std::vector<DeviceSpec>& specs, const Evaluate& evaluate,
                               const WithOptions& options) {
  if (specs.size() > kMostDevices) {
    return SqlError{3205, 16,
                    "Too many backup devices specified for backup or restore; only 64 are "
                    "allowed."};
  }
  Devices devices;
  for (const DeviceSpec& spec : specs) {
    DBSTOW_ASSIGN(const TypedValue value, evaluate(*spec.name));
    DBSTOW_ASSIGN(std::unique_ptr<BackupDevice> device,
                  OpenOne(context, spec.kind, ToText(value.value, value.type), options));
    devices.push_back(std::move(device));
  }
  return devices;
}

SqlResult<TransferLimits> LimitsOf(const std::vector<DeviceSpec>& specs, const Evaluate& evaluate) {
  for (const DeviceSpec& spec : specs) {
    if (spec.kind != DeviceKind::kUrl) continue;
    DBSTOW_ASSIGN(const TypedValue url, evaluate(*spec.name));
    const bool s3 = ToLower(ToText(url.value, url.type)).starts_with("s3://");
    if (s3) return TransferLimits::kS3;
  }
  return TransferLimits::kDisk;
}

SqlResult<MediaWriter> MediaWriter::Open(const OperationContext& context, Devices devices,
                                         std::vector<Devices> mirrors, const WithOptions& options,
                                         bool compressed, bool encrypted) {
  Instance& instance = context.engine.instance();
  MediaWriter writer;
  writer.mirrors_ = static_cast<int>(mirrors.size()) + 1;
  const auto families = static_cast<int>(devices.size());
  MediaHeader fresh;
  fresh.media_guid = instance.NewGuid();
  fresh.family_count = families;
  fresh.mirror_count = writer.mirrors_;
  fresh.name = options.Text("MEDIANAME");
  fresh.description = options.Text("MEDIADESCRIPTION");
  fresh.date = instance.Now();
  fresh.compressed = compressed;
  fresh.encrypted = encrypted;
  mirrors.insert(mirrors.begin(), std::move(devices));
  for (std::size_t mirror = 0; mirror < mirrors.size(); ++mirror) {
    for (std::size_t i = 0; i < mirrors[mirror].size(); ++i) {
      Target target{std::move(mirrors[mirror][i]), fresh, static_cast<int>(mirror)};
      target.header.family = static_cast<int>(i) + 1;
      target.header.family_guid = instance.NewGuid();
      DBSTOW_TRY(writer.Approach(target, context, options, fresh.date));
      writer.targets_.push_back(std::move(target));
    }
  }
  DBSTOW_TRY(writer.CheckFamilies());
  return writer;
}

SqlResult<void> MediaWriter::Approach(Target& target, const OperationContext& context,
                                      const WithOptions& options, Milliseconds now) {
  BackupDevice& device = *target.device;
  if (!device.appends()) {
    DBSTOW_ASSIGN(const bool exists, WithoutLock(context, [&] { return device.Exists(); }));
    if (!exists || options.Has("FORMAT")) return {};
    return SqlError{3296, 16,
                    "The file " + device.name() +
                        " exists on the remote endpoint, and WITH FORMAT was not specified. "
                        "Backup cannot proceed."};
  }
  DBSTOW_ASSIGN(const std::optional<std::string> content,
                WithoutLock(context, [&] { return device.Read(); }));
  if (!content) return {};
  target.before = content->size();
  if (content->empty() || options.Has("FORMAT")) return {};
  const MediaHeader wanted = target.header;
  DBSTOW_TRY(Append(target, *content, options, now));
  static constexpr std::string_view kIncompatible =
      "' was requested after the media was formatted with an incompatible structure.";
  if (target.header.compressed != wanted.compressed) {
    return SqlError{
        3098, 16,
        "The backup cannot be performed because 'COMPRESSION" + std::string(kIncompatible)};
  }
  if (target.header.encrypted != wanted.encrypted) {
    return SqlError{
        3095, 16,
        "The backup cannot be performed because 'ENCRYPTION" + std::string(kIncompatible)};
  }
  return {};
}

SqlResult<void> MediaWriter::Append(Target& target, std::string_view content,
                                    const WithOptions& options, Milliseconds now) {
  const std::string& name = target.device->name();
  const Media media = DecodeMedia(content);
  if (media.fault == MediaFault::kNotMtf) {
    return SqlError{
        3242, 16,
        "The file on device '" + name + "' is not a valid Microsoft Tape Format backup set."};
  }
  if (media.fault == MediaFault::kOtherVersion) return OtherFormat(name, media.format);
  if (options.Has("MEDIANAME") && options.Text("MEDIANAME") != media.header.name) {
    return WrongMediaName(media.header.name, name);
  }
  target.header = media.header;
  if (options.Has("INIT")) {
    for (const MediaEntry& entry : media.entries) {
      if (!options.Has("SKIP") && entry.set.expiration > now) {
        return SqlError{4030, 16,
                        "The medium on device '" + name + "' expires on " +
                            FormatDateTime(entry.set.expiration) + " and cannot be overwritten."};
      }
    }
    return {};  // an empty media set of the same identity
  }
  const bool broken =
      media.fault != MediaFault::kNone ||
      (!media.entries.empty() && media.entries.back().fault == MediaFault::kIncomplete);
  if (broken) {
    return SqlError{3266, 16,
                    "The backup data at the end of \"" + name + "\" is incorrectly formatted."};
  }
  target.fresh = false;
  target.from = content.size();
  position_ = std::max(position_, static_cast<int>(media.entries.size()) + 1);
  return {};
}

SqlResult<void> MediaWriter::CheckFamilies() const {
  const int provided = families();
  for (const Target& target : targets_) {
    const int formatted = target.header.family_count;
    if (formatted > provided) {
      return SqlError{3132, 16,
                      "The media set has " + std::to_string(formatted) +
                          " media families but only " + std::to_string(provided) +
                          " are provided. All members must be provided."};
    }
    if (formatted < provided) {
      return SqlError{3231, 16,
                      "The media loaded on \"" + target.device->name() +
                          "\" is formatted to support " + std::to_string(formatted) +
                          " media families, but " + std::to_string(provided) +
                          " media families are expected according to the backup device "
                          "specification."};
    }
    if (target.header.media_guid != targets_.front().header.media_guid) {
      return SqlError{3258, 16,
                      "The volume on the device \"" + target.device->name() +
                          "\" is not part of the media set that is currently being processed."};
    }
  }
  return {};
}

std::vector<HistoryDevice> MediaWriter::HistoryDevices() const {
  std::vector<HistoryDevice> devices;
  for (const Target& target : targets_) {
    devices.push_back({target.device->name(), target.device->type(), target.header.family,
                       target.mirror, target.header.family_guid, target.device->logical_name()});
  }
  return devices;
}

SqlResult<void> MediaWriter::Write(const BackupSet& set, const std::vector<Pieces>* stripes) {
  may_undo_ = true;
  for (Target& target : targets_) {
    if (stripes == nullptr && !target.device->appends()) continue;
    std::string content = target.fresh ? EncodeTape(target.header) : std::string();
    const auto family = static_cast<std::size_t>(target.header.family) - 1;
    content +=
        stripes == nullptr ? EncodeSet(set, std::nullopt) : EncodeSet(set, stripes->at(family));
    DBSTOW_TRY(target.device->Write(target.from, content));
  }
  return {};
}

SqlResult<void> MediaWriter::WriteBeginning(const BackupSet& set) { return Write(set, nullptr); }

SqlResult<void> MediaWriter::WriteWhole(const BackupSet& set, const std::vector<Pieces>& stripes) {
  return Write(set, &stripes);
}

void MediaWriter::Undo() {
  if (!may_undo_) return;
  for (Target& target : targets_) {
    target.device->Undo(target.fresh ? std::nullopt : target.before);
  }
}

SqlResult<ReadMedia> OpenForReading(const Devices& devices, bool all_families) {
  ReadMedia read;
  std::set<int> seen;
  for (const auto& device : devices) {
    DBSTOW_ASSIGN(const std::optional<std::string> content, device->Read());
    if (!content) {
      return SqlError{3201, 16,
                      "Cannot open backup device '" + device->name() +
                          "'. Operating system error 2(The system cannot find the file "
                          "specified.)."};
    }
    if (content->empty()) {
      return SqlError{3254, 16, "The volume on device '" + device->name() + "' is empty."};
    }
    Media media = DecodeMedia(*content);
    if (media.fault == MediaFault::kNotMtf) {
      return SqlError{3241, 16,
                      "The media family on device '" + device->name() +
                          "' is incorrectly formed. SQL Server cannot process this media family."};
    }
    if (media.fault == MediaFault::kOtherVersion) return OtherFormat(device->name(), media.format);
    if (!seen.insert(media.header.family).second) {
      return SqlError{3227, 16,
                      "The backup media on \"" + device->name() + "\" is part of media family " +
                          std::to_string(media.header.family) +
                          " which has already been processed."};
    }
    read.names.push_back(device->name());
    read.devices.push_back({device->name(), device->type(), media.header.family, 0,
                            media.header.family_guid, device->logical_name()});
    read.families.push_back(std::move(media));
  }
  const MediaHeader& first = read.families.front().header;
  for (std::size_t i = 1; i < read.families.size(); ++i) {
    if (read.families[i].header.media_guid != first.media_guid) {
      return SqlError{3258, 16,
                      "The volume on the device \"" + read.names[i] +
                          "\" is not part of the media set that is currently being processed."};
    }
  }
  const auto provided = static_cast<int>(read.families.size());
  if (all_families && first.family_count > provided) {
    return SqlError{3132, 16,
                    "The media set has " + std::to_string(first.family_count) +
                        " media families but only " + std::to_string(provided) +
                        " are provided. All members must be provided."};
  }
  std::sort(read.families.begin(), read.families.end(),
            [](const Media& a, const Media& b) { return a.header.family < b.header.family; });
  std::sort(read.devices.begin(), read.devices.end(),
            [](const HistoryDevice& a, const HistoryDevice& b) { return a.family < b.family; });
  return read;
}

SqlResult<std::size_t> ChooseSet(const ReadMedia& media, const WithOptions& options) {
  const std::string& media_name = media.families.front().header.name;
  if (options.Has("MEDIANAME") && options.Text("MEDIANAME") != media_name) {
    return WrongMediaName(media_name, media.names.front());
  }
  // Since 2012 nothing has a password.
  if (options.Has("PASSWORD") || options.Has("MEDIAPASSWORD")) {
    return SqlError{3279, 16, "Access is denied due to a password failure."};
  }
  const std::int64_t wanted = options.Number("FILE").value_or(1);
  const auto count = static_cast<std::int64_t>(media.families.front().entries.size());
  if (wanted < 1) {
    return SqlError{
        3250, 16,
        "The value '" + std::to_string(wanted) + "' is not within range for the FILE parameter."};
  }
  if (wanted > count) {
    return SqlError{4038, 16,
                    "Cannot find file ID " + std::to_string(wanted) + " on device '" +
                        media.names.front() + "'."};
  }
  return static_cast<std::size_t>(wanted - 1);
}

}  // namespace dbstow::doubles::sqlserver
