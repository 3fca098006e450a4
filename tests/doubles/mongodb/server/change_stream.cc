#include "doubles/mongodb/server/change_stream.h"

#include <algorithm>
#include <charconv>
#include <cstdio>

#include "doubles/mongodb/bson/order.h"
#include "doubles/mongodb/errors.h"
#include "doubles/mongodb/model/transaction.h"

namespace dbstow::doubles::mongodb {
namespace {

// "82", as the vendor's begin, 8 bytes of timestamp, 4 of place, 1 that says "invalidate".
constexpr std::size_t kTokenDigits = 28;

std::uint64_t Hex(std::string_view digits) {
  std::uint64_t value = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), value, 16);
  return value;
}

std::string Describe(const Namespace& ns) {
  Builder out;
  out.String("db", ns.db);
  if (!ns.collection.empty()) out.String("coll", ns.collection);
  return out.Finish();
}

bool IsInternal(const std::string& db) { return db == "admin" || db == "config" || db == "local"; }

}  // namespace

std::string ChangeStream::TokenOf(const Position& position) {
  char digits[kTokenDigits + 1];
  std::snprintf(digits, sizeof digits, "82%016llX%08X%02X",
                static_cast<unsigned long long>(position.at.value), position.place,
                position.invalidate ? 1U : 0U);
  return Builder().String("_data", digits).Finish();
}

Result<ChangeStream::Position> ChangeStream::PositionOf(const Element& token) {
  const std::string_view data = token.AsDocument()["_data"].AsString();
  const bool hex = data.find_first_not_of("0123456789ABCDEFabcdef") == std::string_view::npos;
  if (!hex || data.empty()) {
    return CommandFailure(kFailedToParse, "resume token string was not a valid hex string");
  }
  if (data.size() != kTokenDigits || data.substr(0, 2) != "82") {
    return CommandFailure(kInvalidResumeToken, "the resume token is not one of this server");
  }
  Position position;
  position.at.value = Hex(data.substr(2, 16));
  position.place = static_cast<std::uint32_t>(Hex(data.substr(18, 8)));
  position.invalidate = Hex(data.substr(26)) != 0;
  return position;
}

Result<ChangeStream> ChangeStream::Open(Catalog& catalog, Scope scope, Namespace ns,
                                        const Document& specification) {
  ChangeStream stream(catalog, scope, std::move(ns));
  DBSTOW_TRY(stream.Start(specification));
  return stream;
}

Result<void> ChangeStream::Start(const Document& specification) {
  constexpr std::string_view kFields[] = {
      "fullDocument",         "fullDocumentBeforeChange", "resumeAfter",       "startAfter",
      "startAtOperationTime", "allChangesForCluster",     "showExpandedEvents"};
  constexpr int kUnknownField = 40415;
  for (const Element& field : specification) {
    if (std::find(std::begin(kFields), std::end(kFields), field.name()) == std::end(kFields)) {
      return CommandFailure(
          kUnknownField,
          "BSON field '$changeStream." + std::string(field.name()) + "' is an unknown field.");
    }
  }
  const std::string_view full = specification["fullDocument"].AsString();
  const std::string_view before = specification["fullDocumentBeforeChange"].AsString();
  look_up_ = full == "updateLookup";
  if ((!full.empty() && full != "default" && !look_up_) || (!before.empty() && before != "off")) {
    return CommandFailure(kCommandNotSupported, "this server keeps no images of documents");
  }
  expanded_ = specification["showExpandedEvents"].Truthy();
  const Element resume = specification["resumeAfter"];
  const Element start = specification["startAfter"];
  const Element time = specification["startAtOperationTime"];
  if (int{bool(resume)} + int{bool(start)} + int{bool(time)} > 1) {
    constexpr int kTwoStarts = 40674;
    return CommandFailure(kTwoStarts,
                          "Only one type of resume option is allowed, but multiple were found.");
  }
  after_.at = catalog_->clock().last();
  known_ = after_.at;
  if (resume || start) {
    DBSTOW_ASSIGN(after_, PositionOf(resume ? resume : start));
    known_ = after_.at;
    if (after_.invalidate && resume) {
      return CommandFailure(kInvalidResumeToken,
                            "Attempting to resume a change stream using 'resumeAfter' is not "
                            "allowed from an invalidate notification.");
    }
  } else if (time) {
    known_ = time.AsTimestamp();
    after_.at.value = known_.value - std::min<std::uint64_t>(1, known_.value);
  }
  // The entry itself is read again when only a part of it was told.
  scanned_ = after_.at;
  if (after_.place != kWholeEntry && scanned_.value > 0) --scanned_.value;
  position_ = after_;
  return {};
}

Result<std::optional<std::string>> ChangeStream::Next(const Collection& oplog) {
  while (pending_.empty()) {
    if (ended_) return std::optional<std::string>();
    const auto oldest = View().Next(oplog, nullptr, View::Direction::kForward);
    if (!oldest || Document(*oldest->second)["ts"].AsTimestamp() > known_) {
      return CommandFailure(kChangeStreamHistoryLost,
                            "Resume of change stream was not possible, as the resume point may no "
                            "longer be in the oplog.");
    }
    const RecordId from = RecordIdFromNumber(scanned_.value);
    const auto next = View().Next(oplog, &from, View::Direction::kForward);
    if (!next) return std::optional<std::string>();
    const Document entry(*next->second);
    scanned_ = entry["ts"].AsTimestamp();
    known_ = std::max(known_, scanned_);
    position_ = std::max(position_, Position{scanned_});
    Read(entry);
  }
  Pending first = std::move(pending_.front());
  pending_.pop_front();
  position_ = first.position;
  ended_ = first.position.invalidate;
  return std::optional(std::move(first.event));
}

std::string ChangeStream::Token() const { return TokenOf(position_); }

bool ChangeStream::Concerns(const ChangeEvent& event) const {
  if (event.expanded && !expanded_) return false;
  if (scope_ == Scope::kCollection) return event.ns == ns_ || event.to == ns_;
  if (event.ns.IsSystem()) return false;
  return scope_ == Scope::kCluster ? !IsInternal(event.ns.db) : event.ns.db == ns_.db;
}

bool ChangeStream::Invalidates(const ChangeEvent& event) const {
  if (scope_ == Scope::kDatabase) return event.type == "dropDatabase";
  return scope_ == Scope::kCollection && (event.type == "drop" || event.type == "rename");
}

void ChangeStream::Read(const Document& entry) {
  Position position{scanned_, 0};
  for (const ChangeEvent& event : EventsOf(entry)) {
    ++position.place;
    if (!Concerns(event)) continue;
    if (position > after_) pending_.push_back({position, Describe(event, position, entry)});
    if (!Invalidates(event)) continue;
    Position end = position;
    end.invalidate = true;
    if (end <= after_) continue;
    ChangeEvent invalidate;
    invalidate.type = "invalidate";
    pending_.push_back({end, Describe(invalidate, end, entry)});
    return;
  }
}

void ChangeStream::AddFullDocument(const ChangeEvent& event, Builder& out) const {
  if (!event.full_document.empty()) out.Add("fullDocument", Document(event.full_document));
  if (event.type != "update" || !look_up_) return;
  const Collection* collection = catalog_->Find(event.ns);
  const auto found =
      collection == nullptr
          ? std::nullopt
          : View().FindById(*collection, OrderKey(Document(event.document_key)["_id"]));
  if (found) {
    out.Add("fullDocument", Document(*found->second));
  } else {
    out.Add("fullDocument", Null{});
  }
}

std::string ChangeStream::Describe(const ChangeEvent& event, const Position& position,
                                   const Document& entry) const {
  const std::string token = TokenOf(position);
  Builder out;
  out.Add("_id", Document(token)).String("operationType", event.type);
  out.Add("clusterTime", position.at);
  if (expanded_ && !event.uuid.empty()) out.Add("collectionUUID", Uuid{event.uuid});
  if (const Element wall = entry["wall"]) out.Add("wallTime", wall);
  if (entry["o"].AsDocument().Has("applyOps") && entry.Has("txnNumber") &&
      !entry.Has("multiOpType")) {
    out.Add(entry["lsid"]).Add(entry["txnNumber"]);
  }
  AddFullDocument(event, out);
  for (const auto& [name, ns] : {std::pair("ns", &event.ns), std::pair("to", &event.to)}) {
    if (ns->db.empty()) continue;
    const std::string where = mongodb::Describe(*ns);
    out.Add(name, Document(where));
  }
  for (const auto& [name, part] : {std::pair("documentKey", &event.document_key),
                                   std::pair("updateDescription", &event.update_description)}) {
    if (!part->empty()) out.Add(name, Document(*part));
  }
  if (expanded_ && !event.operation_description.empty()) {
    out.Add("operationDescription", Document(event.operation_description));
  }
  return out.Finish();
}

}  // namespace dbstow::doubles::mongodb
