#include "doubles/mongodb/server/cursor.h"

#include <algorithm>

#include "doubles/mongodb/bson/builder.h"
#include "doubles/mongodb/errors.h"
#include "doubles/mongodb/model/index_keys.h"
#include "doubles/mongodb/query/sort.h"

namespace dbstow::doubles::mongodb {
namespace {

constexpr std::size_t kMaxBatchBytes = kMaxDocumentBytes;

Result<RecordId> RecordOfToken(const Collection& collection, const std::string& token) {
  const Element id = Document(token)["$recordId"];
  if (collection.clustered() && id.Is(BsonType::kBinary)) return RecordId(id.AsBinary());
  if (id.Is(BsonType::kInt64)) {
    return RecordIdFromNumber(static_cast<std::uint64_t>(id.AsInt64()));
  }
  return CommandFailure(kBadValue,
                        "Malformed resume token: the '_resumeAfter' object must contain exactly "
                        "one field named '$recordId', of type NumberLong, BinData with SubType 0 "
                        "or null.");
}

void AddRecordId(Builder& builder, const RecordId& record, bool clustered) {
  if (clustered) {
    builder.Add("$recordId", Binary{record});
  } else {
    builder.Add("$recordId", static_cast<std::int64_t>(NumberFromRecordId(record)));
  }
}

Error UnknownHint(const Namespace& ns) {
  return CommandFailure(kBadValue, "error processing query: ns=" + ns.Full() +
                                       " planner returned error :: caused by :: hint provided "
                                       "does not correspond to an existing index");
}

/// From which record an oplog reader that asks for `ts >= X` need not look further back.
std::optional<RecordId> OplogStart(const Document& filter) {
  const Document condition = filter["ts"].AsDocument();
  for (const char* op : {"$gte", "$gt"}) {
    const Element bound = condition[op];
    if (bound.Is(BsonType::kTimestamp) && bound.AsTimestamp().value > 0) {
      return RecordIdFromNumber(bound.AsTimestamp().value - 1);
    }
  }
  return std::nullopt;
}

/// Errors: BadValue for a hidden index, CommandNotSupported for one that does not hold every
/// document, or not by its values.
Result<void> CheckHinted(const Index& index, const Namespace& ns) {
  const Document spec(index.spec);
  if (spec["hidden"].Truthy()) return UnknownHint(ns);
  bool plain = !spec["sparse"].Truthy() && !spec.Has("partialFilterExpression");
  for (const Element& field : index.pattern()) {
    plain = plain && field.IsNumber() && field.name().find('$') == std::string_view::npos;
  }
  if (plain) return {};
  return CommandFailure(kCommandNotSupported,
                        "this server cannot read through the index " + index.name);
}

bool IsOnlyId(const Document& pattern) {
  return pattern.First().name() == "_id" && pattern.Count() == 1;
}

}  // namespace

Result<std::unique_ptr<Cursor>> Cursor::OverCollection(FindRequest request,
                                                       const Collection& collection,
                                                       const View& view) {
  std::unique_ptr<Cursor> cursor(new Cursor(collection.ns()));
  cursor->uuid_ = collection.uuid();
  cursor->request_ = std::move(request);
  cursor->to_skip_ = cursor->request_.skip;
  cursor->read_at = view.at();
  const FindRequest& asked = cursor->request_;
  if (asked.tailable && !collection.capped()) {
    return CommandFailure(kBadValue, "error processing query: ns=" + collection.ns().Full() +
                                         " tailable cursor requested on non capped collection");
  }
  const bool natural = asked.natural() != 0;
  const bool hinted = (!asked.hint_key.empty() || !asked.hint_name.empty()) && !natural;
  const bool sort_by_id = !asked.sort.empty() && IsOnlyId(asked.sort) && !hinted && !natural;
  if (hinted || (sort_by_id && !collection.ns().IsOplog())) {
    DBSTOW_TRY(cursor->PlanIndex(collection, view));
  } else if (!natural && !asked.filter.id_key().empty()) {
    const auto found = view.FindById(collection, asked.filter.id_key());
    cursor->source_ =
        Records{found ? std::vector<RecordId>{found->first} : std::vector<RecordId>()};
  } else {
    DBSTOW_TRY(cursor->PlanNatural(collection, view));
  }
  if (!asked.sort.empty() && !natural && !(sort_by_id && !collection.ns().IsOplog())) {
    cursor->SortAll(collection, view);
  }
  return cursor;
}

Result<std::vector<RecordId>> Cursor::Select(FindRequest request, const Collection& collection,
                                             const View& view, std::size_t limit) {
  DBSTOW_ASSIGN(const auto cursor, OverCollection(std::move(request), collection, view));
  std::vector<RecordId> found;
  while (found.size() < limit) {
    auto match = cursor->NextMatch(&collection, view);
    if (!match) break;
    found.push_back(std::move(match->first));
  }
  return found;
}

std::unique_ptr<Cursor> Cursor::OverDocuments(const Namespace& ns,
                                              std::vector<std::string> documents) {
  std::unique_ptr<Cursor> cursor(new Cursor(ns));
  cursor->source_ = Documents{std::move(documents)};
  return cursor;
}

std::unique_ptr<Cursor> Cursor::OverChanges(const Namespace& ns, const Collection& oplog,
                                            ChangeStream stream, Pipeline pipeline) {
  std::unique_ptr<Cursor> cursor(new Cursor(ns));
  cursor->uuid_ = oplog.uuid();
  cursor->request_.tailable = true;
  cursor->request_.await_data = true;
  cursor->source_ = Changes{std::move(stream), std::move(pipeline), ""};
  return cursor;
}

bool Cursor::exhausted() const {
  const auto* changes = std::get_if<Changes>(&source_);
  return done_ && (!tailable() || (changes != nullptr && changes->stream.ended()));
}

Result<void> Cursor::PlanNatural(const Collection& collection, const View& view) {
  Natural scan;
  scan.direction = request_.natural() < 0 ? View::Direction::kBackward : View::Direction::kForward;
  if (collection.ns().IsOplog() && scan.direction == View::Direction::kForward) {
    scan.at = OplogStart(request_.filter_document);
  }
  for (const std::string* token : {&request_.resume_after, &request_.start_at}) {
    if (token->empty() || Document(*token)["$recordId"].Is(BsonType::kNull)) continue;
    DBSTOW_ASSIGN(const RecordId record, RecordOfToken(collection, *token));
    if (view.Get(collection, record) == nullptr) {
      return CommandFailure(kKeyNotFound,
                            "Failed to resume collection scan: the recordId from which we are "
                            "attempting to resume no longer exists in the collection: " +
                                *token);
    }
    (token == &request_.resume_after ? scan.at : scan.start_at) = record;
  }
  source_ = std::move(scan);
  return {};
}

Result<void> Cursor::PlanIndex(const Collection& collection, const View& view) {
  std::string pattern = request_.hint_key;
  if (pattern.empty() && request_.hint_name.empty()) pattern = request_.sort;
  const bool by_id = collection.clustered()
                         ? request_.hint_name == "_id_" || (!pattern.empty() && IsOnlyId(pattern))
                         : false;
  const Index* index = !request_.hint_name.empty() ? collection.FindIndex(request_.hint_name)
                                                   : collection.FindIndexByKey(pattern);
  // A sort may run through the index of `_id` in either direction.
  const bool backward = request_.hint_key.empty() && request_.hint_name.empty() &&
                        Document(request_.sort).First().AsInt64() < 0;
  if (backward) index = collection.FindIndex("_id_");
  if (index == nullptr && !by_id) return UnknownHint(collection.ns());
  if (index != nullptr) DBSTOW_TRY(CheckHinted(*index, collection.ns()));
  const std::string id_pattern = Builder().Add("_id", 1).Finish();
  const Document key = index != nullptr ? index->pattern() : Document(id_pattern);
  const auto bound = [&](const std::string& values) -> Result<std::string> {
    constexpr int kWrongFields = 51174;
    if (values.empty()) return std::string();
    auto field = key.begin();
    for (const Element& value : Document(values)) {
      if (field == key.end() || field->name() != value.name()) {
        return CommandFailure(kWrongFields,
                              "The index chosen is not compatible with min/max values");
      }
      ++field;
    }
    return BoundKey(key, values);
  };
  DBSTOW_ASSIGN(const std::string from, bound(request_.min));
  DBSTOW_ASSIGN(const std::string until, bound(request_.max));
  Records found;
  if (IsOnlyId(key) && view.IsLatest() && key.First().AsInt64() > 0) {
    const auto& ids = collection.ids();
    const auto end = until.empty() ? ids.end() : ids.lower_bound(until);
    for (auto at = from.empty() ? ids.begin() : ids.lower_bound(from); at != end; ++at) {
      if (!until.empty() && at->first >= until) break;
      found.records.push_back(at->second);
    }
  } else {
    std::vector<std::pair<std::string, RecordId>> entries;
    std::optional<std::pair<RecordId, Body>> at;
    while ((at = view.Next(collection, at ? &at->first : nullptr, View::Direction::kForward))) {
      std::string best;
      bool any = false;
      for (std::string& entry : IndexKeys(key, *at->second)) {
        const bool inside = (from.empty() || entry >= from) && (until.empty() || entry < until);
        if (inside && (!any || entry < best)) best = std::move(entry);
        any = any || inside;
      }
      if (any) entries.emplace_back(std::move(best), at->first);
    }
    std::sort(entries.begin(), entries.end());
    for (auto& [entry, record] : entries) found.records.push_back(std::move(record));
  }
  if (backward) std::reverse(found.records.begin(), found.records.end());
  source_ = std::move(found);
  return {};
}

void Cursor::SortAll(const Collection& collection, const View& view) {
  std::vector<std::pair<std::string, std::string>> keyed;
  while (auto match = NextMatch(&collection, view)) {
    keyed.emplace_back(SortKey(request_.sort, *match->second),
                       Shape(*match->second, match->first, collection.clustered()));
  }
  std::stable_sort(keyed.begin(), keyed.end(),
                   [](const auto& left, const auto& right) { return left.first < right.first; });
  Documents sorted;
  for (auto& [key, document] : keyed) sorted.documents.push_back(std::move(document));
  source_ = std::move(sorted);
  uuid_.clear();
}

std::optional<std::pair<RecordId, Body>> Cursor::NextMatch(const Collection* collection,
                                                           const View& view) {
  if (auto* records = std::get_if<Records>(&source_)) {
    while (records->next < records->records.size()) {
      const RecordId& record = records->records[records->next++];
      Body body = view.Get(*collection, record);
      if (body && request_.filter.Matches(*body)) return std::pair(record, std::move(body));
    }
    return std::nullopt;
  }
  auto& scan = std::get<Natural>(source_);
  if (scan.start_at) {
    const RecordId first = *std::exchange(scan.start_at, std::nullopt);
    scan.at = first;
    Body body = view.Get(*collection, first);
    if (body && request_.filter.Matches(*body)) return std::pair(first, std::move(body));
  }
  while (auto next = view.Next(*collection, scan.at ? &*scan.at : nullptr, scan.direction)) {
    scan.at = next->first;
    if (request_.filter.Matches(*next->second)) return next;
  }
  return std::nullopt;
}

Result<std::optional<std::string>> Cursor::NextChange(Changes& changes, const Collection& oplog) {
  while (true) {
    changes.token_before = changes.stream.Token();
    DBSTOW_ASSIGN(std::optional<std::string> event, changes.stream.Next(oplog));
    if (!event) return std::optional<std::string>();
    // The end is told whatever the pipeline lets through.
    if (changes.stream.ended()) return event;
    DBSTOW_ASSIGN(const Pipeline::Documents left, changes.pipeline.Run({*event}));
    if (!left.empty()) return std::optional(left[0]);
  }
}

std::string Cursor::Shape(const Document& document, const RecordId& record, bool clustered) const {
  std::string shaped = request_.projection.Apply(document);
  if (!request_.show_record_id) return shaped;
  Builder with_id{Document(shaped)};
  AddRecordId(with_id, record, clustered);
  return with_id.Finish();
}

Result<std::optional<std::string>> Cursor::NextDocument(const Collection* collection,
                                                        const View& view) {
  if (auto* made = std::get_if<Documents>(&source_)) {
    if (made->next == made->documents.size()) return std::optional<std::string>();
    return std::optional(std::move(made->documents[made->next++]));
  }
  if (collection == nullptr) {
    return CommandFailure(kQueryPlanKilled, "collection dropped. UUID no longer exists");
  }
  if (auto* changes = std::get_if<Changes>(&source_)) return NextChange(*changes, *collection);
  const auto* scan = std::get_if<Natural>(&source_);
  if (scan != nullptr && scan->at && collection->capped() && returned_ > 0 &&
      scan->direction == View::Direction::kForward && !view.Get(*collection, *scan->at)) {
    return CommandFailure(kCappedPositionLost,
                          "CollectionScan died due to position in capped collection being "
                          "deleted. Last seen record id: RecordId(" +
                              std::to_string(NumberFromRecordId(*scan->at)) + ")");
  }
  auto match = NextMatch(collection, view);
  if (!match) return std::optional<std::string>();
  return std::optional(Shape(*match->second, match->first, collection->clustered()));
}

std::string Cursor::ResumeToken(const Collection* collection) const {
  if (const auto* changes = std::get_if<Changes>(&source_)) {
    return held_ ? changes->token_before : changes->stream.Token();
  }
  if (!request_.request_resume_token) return {};
  Builder token;
  const auto* scan = std::get_if<Natural>(&source_);
  if (scan == nullptr || !scan->at || collection == nullptr) {
    token.Add("$recordId", Null{});
  } else {
    AddRecordId(token, *scan->at, collection->clustered());
  }
  return token.Finish();
}

Result<Batch> Cursor::Next(const Collection* collection, const View& view, std::int64_t count) {
  Batch batch;
  ArrayBuilder documents;
  while (static_cast<std::int64_t>(documents.count()) < count) {
    if (request_.limit > 0 && returned_ >= request_.limit) break;
    std::optional<std::string> next = std::exchange(held_, std::nullopt);
    if (!next) {
      DBSTOW_ASSIGN(next, NextDocument(collection, view));
    }
    if (!next) {
      done_ = true;
      break;
    }
    if (to_skip_ > 0) {
      --to_skip_;
      continue;
    }
    if (documents.count() > 0 && documents.size() + next->size() > kMaxBatchBytes) {
      held_ = std::move(next);
      break;
    }
    documents.Add(Document(*next));
    ++returned_;
  }
  if (request_.limit > 0 && returned_ >= request_.limit) done_ = true;
  batch.count = documents.count();
  batch.documents = documents.Finish();
  batch.resume_token = ResumeToken(collection);
  return batch;
}

}  // namespace dbstow::doubles::mongodb
