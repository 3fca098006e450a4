#include "doubles/mongodb/model/oplog.h"

#include "doubles/mongodb/bson/builder.h"
#include "doubles/mongodb/bson/order.h"
#include "doubles/mongodb/model/ids.h"
#include "doubles/mongodb/model/transaction.h"

namespace dbstow::doubles::mongodb {
namespace {

const Namespace kOplogName{"local", "oplog.rs"};
const Namespace kTransactionsName{"config", "transactions"};
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
  NoteSession(document);
  DropOldest();
  return at;
}

Timestamp Oplog::Append(const OplogEntry& entry, const WriteOrigin& origin) {
  const Timestamp at = catalog_.clock().Tick();
  const bool local = entry.ns.rfind("local.", 0) == 0;
  if (!enabled_ || local) return at;
  const bool of_session = origin.IsOfSession();
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
  if (of_session) AddPrevious(document, origin.session, origin.transaction_number);
  if (of_session && entry.applied_separately) document.Add("multiOpType", 1);
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
  if (entry.Has("lsid") && !entry.Has("prevOpTime")) {
    AddPrevious(document, entry["lsid"].AsDocument(), entry["txnNumber"].AsInt64());
  }
  return Write(document, at);
}

std::string Oplog::TimeOf(Timestamp at, std::int64_t term) const {
  return Builder().Add("ts", at).Add("t", term).Finish();
}

std::string Oplog::SessionRecord(const Document& session, std::int64_t number) {
  const Collection* collection = catalog_.Find(kTransactionsName);
  if (collection == nullptr) return {};
  const std::string id = Builder().Add("_id", session).Finish();
  const auto found = View().FindById(*collection, OrderKey(Document(id).First()));
  if (!found || Document(*found->second)["txnNum"].AsInt64() != number) return {};
  return *found->second;
}

void Oplog::AddPrevious(Builder& entry, const Document& session, std::int64_t number) {
  const std::string record = SessionRecord(session, number);
  const std::string none = TimeOf({}, -1);
  entry.Add("prevOpTime",
            record.empty() ? Document(none) : Document(record)["lastWriteOpTime"].AsDocument());
}

void Oplog::NoteSession(const Document& entry) {
  if (!entry.Has("lsid") || !entry.Has("txnNumber")) return;
  const Document session = entry["lsid"].AsDocument();
  const std::int64_t number = entry["txnNumber"].AsInt64();
  const Timestamp at = entry["ts"].AsTimestamp();
  const Document o = entry["o"].AsDocument();
  const std::string_view command = entry["op"].AsString() == "c" ? o.First().name() : "";
  std::string_view state;  // none for retryable writes
  if (command == "commitTransaction") state = "committed";
  if (command == "abortTransaction") state = "aborted";
  if (command == "applyOps" && !entry.Has("multiOpType")) {
    state = o["prepare"].Truthy()      ? "prepared"
            : o["partialTxn"].Truthy() ? "inProgress"
                                       : "committed";
  }
  const std::string before = SessionRecord(session, number);
  const std::string time = TimeOf(at, entry["t"].AsInt64());
  Builder record;
  record.Add("_id", session)
      .Add("txnNum", number)
      .Add("lastWriteOpTime", Document(time))
      .Add("lastWriteDate", entry["wall"]);
  if (state == "prepared" || state == "inProgress") {
    const Element started = before.empty() ? Element() : Document(before)["startOpTime"];
    record.Add("startOpTime", started ? started.AsDocument() : Document(time));
  }
  if (!state.empty()) record.String("state", state);
  const std::string made = record.Finish();
  Collection* collection = catalog_.Find(kTransactionsName);
  if (collection == nullptr) {
    collection = &catalog_.Add(kTransactionsName, NewUuid(), Builder().Finish());
  }
  const auto held = collection->FindById(OrderKey(Document(made).First()));
  catalog_.Put(*collection, held ? *held : collection->NextRecordId(made),
               std::make_shared<const std::string>(made), at);
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
