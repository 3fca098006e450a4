#include "doubles/mongodb/model/oplog.h"

#include "doubles/mongodb/bson/builder.h"
#include "doubles/mongodb/model/ids.h"
#include "doubles/mongodb/model/transaction.h"

namespace dbstow::doubles::mongodb {
namespace {

const Namespace kOplogName{"local", "oplog.rs"};
constexpr const char* kTermSetting = "term";
constexpr std::int32_t kEntryVersion = 2;

std::string OplogOptions(std::int64_t max_bytes) {
  return Builder().Add("capped", true).Add("size", max_bytes).Add("autoIndexId", false).Finish();
}

}  // namespace

std::string OperationFields(const OplogEntry& entry) {
  Builder fields;
  fields.String("op", entry.op).String("ns", entry.ns);
  if (!entry.uuid.empty()) fields.Add("ui", Uuid{entry.uuid});
  fields.Add("o", Document(entry.o));
  if (!entry.o2.empty()) fields.Add("o2", Document(entry.o2));
  return fields.Finish();
}

Oplog::Oplog(Catalog& catalog, bool enabled, std::int64_t max_bytes)
    : catalog_(catalog), enabled_(enabled) {
  if (!enabled) return;
  const std::string term = catalog_.Setting(kTermSetting);
  if (!term.empty()) term_ = std::stoll(term);
  if (catalog_.Find(kOplogName) != nullptr) {
    Resize(max_bytes);
    return;
  }
  catalog_.clock().Tick();
  catalog_.Add(kOplogName, NewUuid(), OplogOptions(max_bytes));
  Append({"n", "", "", Builder().Add("msg", "initiating set").Finish(), ""});
}

Timestamp Oplog::Write(Builder& entry, Timestamp at) {
  Collection* oplog = catalog_.Find(kOplogName);
  const std::string document = entry.Finish();
  catalog_.Put(*oplog, oplog->NextRecordId(document), std::make_shared<const std::string>(document),
               at);
  DropOldest();
  return at;
}

Timestamp Oplog::Append(const OplogEntry& entry, const WriteOrigin& origin) {
  const Timestamp at = catalog_.clock().Tick();
  const bool local = entry.ns.rfind("local.", 0) == 0;
  if (!enabled_ || local) return at;
  const bool of_session = !origin.session.empty() && origin.transaction_number >= 0;
  Builder document;
  if (of_session) {
    document.Add("lsid", Document(origin.session)).Add("txnNumber", origin.transaction_number);
  }
  document.AddAll(Document(OperationFields(entry)));
  if (of_session && entry.op != "c") document.Add("stmtId", origin.statement);
  document.Add("ts", at)
      .Add("t", term_)
      .Add("v", static_cast<std::int64_t>(kEntryVersion))
      .Add("wall", Date{catalog_.clock().NowMs()});
  if (of_session) {
    const std::string none = Builder().Add("ts", Timestamp{}).Add("t", std::int64_t{-1}).Finish();
    document.Add("prevOpTime", Document(none));
  }
  return Write(document, at);
}

Timestamp Oplog::AppendRaw(const Document& entry) {
  const Timestamp at = catalog_.clock().Tick();
  if (!enabled_) return at;
  Builder document;
  for (const Element& field : entry) {
    if (field.name() != "ts" && field.name() != "t" && field.name() != "wall") document.Add(field);
  }
  document.Add("ts", at).Add("t", term_).Add("wall", Date{catalog_.clock().NowMs()});
  return Write(document, at);
}

void Oplog::DropOldest() {
  Collection* oplog = catalog_.Find(kOplogName);
  while (oplog->OverCap()) {
    const auto oldest = View().Next(*oplog, nullptr, View::Direction::kForward);
    if (!oldest) return;
    catalog_.Put(*oplog, oldest->first, nullptr, catalog_.clock().last());
  }
}

void Oplog::Resize(std::int64_t max_bytes) {
  Collection* oplog = catalog_.Find(kOplogName);
  if (oplog == nullptr) return;
  oplog->set_options(OplogOptions(max_bytes));
  catalog_.Save(*oplog);
  DropOldest();
}

void Oplog::StartTerm() {
  catalog_.PutSetting(kTermSetting, std::to_string(++term_));
  Append({"n", "", "", Builder().Add("msg", "new primary").Finish(), ""});
}

}  // namespace dbstow::doubles::mongodb
