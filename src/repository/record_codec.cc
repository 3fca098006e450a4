#include "repository/record_codec.h"

namespace dbstow::repository {
namespace {

// Never renumbered, never reused. From kMandatory on, a reader that does not know a tag must stop.
enum Tag : std::uint64_t {
  kInstance = 1,
  kEngine = 2,
  kType = 3,
  kStarted = 4,
  kFinished = 5,
  kRetainUntil = 6,
  kParent = 7,
  kServerVersion = 8,
  kToolVersion = 9,
  kCorrelationId = 10,
  kServerReference = 11,
  kBytes = 12,
  kDetail = 13,
  kFingerprint = 14,
  kWarning = 15,
  kChainDepth = 16,
  kMandatory = 1024,
};

class FieldWriter {
 public:
  void Text(Tag tag, std::string_view text) {
    if (text.empty()) return;
    out_.Number(tag);
    out_.Text(text);
  }
  void Field(Tag tag, const ByteWriter& value) {
    out_.Number(tag);
    out_.Text(AsText(value.bytes()));
  }
  void Time(Tag tag, TimePoint time) {
    ByteWriter value;
    value.U64(static_cast<std::uint64_t>(time.time_since_epoch().count()));
    Field(tag, value);
  }
  Bytes Take() { return out_.Take(); }

 private:
  ByteWriter out_;
};

TimePoint ReadTime(ByteReader& in) {
  return TimePoint(TimePoint::duration(static_cast<std::int64_t>(in.U64())));
}

ContentFingerprint ReadFingerprint(ByteReader& in) {
  ContentFingerprint print;
  print.name = in.Text();
  print.method = in.Text();
  print.rows = in.Number();
  print.digest = in.Text();
  return print;
}

// Text fields go where this says; null for fields of another form.
std::string* TextField(BackupRecord& record, std::uint64_t tag) {
  switch (tag) {
    case kInstance: return &record.instance;
    case kEngine: return &record.engine;
    case kParent: return &record.parent_id;
    case kServerVersion: return &record.server_version;
    case kToolVersion: return &record.tool_version;
    case kCorrelationId: return &record.correlation_id;
    case kServerReference: return &record.server_reference;
    default: return nullptr;
  }
}

Result<void> ReadField(ManifestHead& head, std::uint64_t tag, const std::string& value) {
  BackupRecord& record = head.record;
  if (std::string* text = TextField(record, tag)) {
    *text = value;
    return {};
  }
  ByteReader in(AsBytes(value));
  switch (tag) {
    case kType: {
      DBSTOW_ASSIGN(record.type, BackupTypeFromString(value));
      return {};
    }
    case kWarning: record.warnings.push_back(value); return {};
    case kStarted: record.started = ReadTime(in); break;
    case kFinished: record.finished = ReadTime(in); break;
    case kRetainUntil: record.retain_until = ReadTime(in); break;
    case kBytes:
      record.bytes.read = in.Number();
      record.bytes.stored = in.Number();
      record.bytes.reused = in.Number();
      break;
    case kDetail: {
      std::string key = in.Text();
      record.details[std::move(key)] = in.Text();
      break;
    }
    case kFingerprint: record.fingerprints.push_back(ReadFingerprint(in)); break;
    case kChainDepth: head.chain_depth = in.Number32(); break;
    default:
      if (tag < kMandatory) return {};
      return Error(ErrorCode::kUnsupportedCapability,
                   "the backup was made by a later version of dbstow in a way that this one does "
                   "not understand")
          .WithHint("install that version or a later one");
  }
  return in.Finish("field " + std::to_string(tag) + " of the manifest");
}

}  // namespace

Bytes EncodeHead(const ManifestHead& head) {
  const BackupRecord& record = head.record;
  FieldWriter out;
  for (const Tag tag : {kInstance, kEngine, kParent, kServerVersion, kToolVersion, kCorrelationId,
                        kServerReference}) {
    BackupRecord copy = record;
    out.Text(tag, *TextField(copy, tag));
  }
  out.Text(kType, ToString(record.type));
  out.Time(kStarted, record.started);
  out.Time(kFinished, record.finished);
  if (record.retain_until) out.Time(kRetainUntil, *record.retain_until);
  ByteWriter bytes;
  bytes.Number(record.bytes.read);
  bytes.Number(record.bytes.stored);
  bytes.Number(record.bytes.reused);
  out.Field(kBytes, bytes);
  for (const auto& [key, value] : record.details) {
    ByteWriter detail;
    detail.Text(key);
    detail.Text(value);
    out.Field(kDetail, detail);
  }
  for (const ContentFingerprint& each : record.fingerprints) {
    ByteWriter print;
    print.Text(each.name);
    print.Text(each.method);
    print.Number(each.rows);
    print.Text(each.digest);
    out.Field(kFingerprint, print);
  }
  for (const std::string& each : record.warnings) out.Text(kWarning, each);
  ByteWriter depth;
  depth.Number(head.chain_depth);
  out.Field(kChainDepth, depth);
  return out.Take();
}

Result<ManifestHead> DecodeHead(ByteView bytes) {
  ByteReader in(bytes);
  ManifestHead head;
  while (in.ok() && !in.AtEnd()) {
    const std::uint64_t tag = in.Number();
    const std::string value = in.Text();
    if (in.ok()) DBSTOW_TRY(ReadField(head, tag, value));
  }
  DBSTOW_TRY(in.Finish("the head of the manifest"));
  return head;
}

}  // namespace dbstow::repository
