#include "doubles/mongodb/server/find_request.h"

#include "doubles/mongodb/bson/builder.h"
#include "doubles/mongodb/errors.h"
#include "doubles/mongodb/query/sort.h"

namespace dbstow::doubles::mongodb {
namespace {

Error Bad(std::string message) { return CommandFailure(kBadValue, std::move(message)); }

Result<std::int64_t> Count(const Document& command, std::string_view name) {
  constexpr int kNegative = 51024;
  const Element value = command[name];
  if (!value) return 0;
  if (!value.IsNumber()) {
    return CommandFailure(kTypeMismatch, "BSON field 'find." + std::string(name) +
                                             "' is the wrong type '" +
                                             std::string(TypeName(value.type())) + "'");
  }
  if (value.AsInt64() < 0) {
    return CommandFailure(kNegative, "BSON field '" + std::string(name) +
                                         "' value must be >= 0, actual value '" +
                                         std::to_string(value.AsInt64()) + "'");
  }
  return value.AsInt64();
}

Result<std::string> Object(const Document& command, std::string_view name) {
  const Element value = command[name];
  if (!value) return std::string();
  if (!value.Is(BsonType::kObject)) {
    return CommandFailure(kTypeMismatch,
                          "BSON field 'find." + std::string(name) + "' is the wrong type '" +
                              std::string(TypeName(value.type())) + "', expected type 'object'");
  }
  return value.AsDocument().Copy();
}

Result<void> ParseHint(const Element& hint, FindRequest& request) {
  if (!hint) return {};
  if (hint.Is(BsonType::kString)) {
    request.hint_name = hint.AsString();
    return {};
  }
  if (!hint.Is(BsonType::kObject)) {
    return CommandFailure(kFailedToParse, "hint must be either a string or nested object");
  }
  if (!hint.AsDocument().empty()) request.hint_key = hint.AsDocument().Copy();
  return {};
}

Result<void> CheckResume(const FindRequest& request) {
  if ((!request.min.empty() || !request.max.empty()) && request.hint_key.empty() &&
      request.hint_name.empty()) {
    constexpr int kHintRequired = 51173;
    return CommandFailure(kHintRequired,
                          "When using min()/max() a hint of which index to use must be provided");
  }
  if (request.await_data && !request.tailable) {
    return CommandFailure(kFailedToParse, "Cannot set 'awaitData' without also setting 'tailable'");
  }
  const bool resumes = !request.resume_after.empty() || !request.start_at.empty();
  if (resumes && !request.request_resume_token) {
    return Bad("'requestResumeToken' must be true if 'resumeAfter' or 'startAt' is specified");
  }
  if (!request.request_resume_token) return {};
  if (Document(request.hint_key).First().name() != "$natural") {
    return Bad("hint must be {$natural:1} if 'requestResumeToken' is enabled");
  }
  if (!request.sort.empty()) return Bad("sort must be unset if 'requestResumeToken' is enabled");
  if (!request.resume_after.empty() && !request.start_at.empty()) {
    return Bad("cannot set both 'resumeAfter' and 'startAt'");
  }
  for (const std::string* token : {&request.resume_after, &request.start_at}) {
    if (!token->empty() && !Document(*token).Has("$recordId")) {
      return Bad(
          "Malformed resume token: the '_resumeAfter' object must contain exactly one "
          "field named '$recordId', of type NumberLong, BinData with SubType 0 or null.");
    }
  }
  return {};
}

}  // namespace

Result<FindRequest> FindRequest::Of(const Document& filter, const Element& hint) {
  FindRequest request;
  request.filter_document = filter.Copy();
  DBSTOW_ASSIGN(request.filter, Matcher::Parse(request.filter_document));
  DBSTOW_TRY(ParseHint(hint, request));
  return request;
}

Result<FindRequest> FindRequest::Parse(const Document& command) {
  DBSTOW_ASSIGN(const std::string filter, Object(command, "filter"));
  DBSTOW_ASSIGN(FindRequest request,
                Of(filter.empty() ? Document() : Document(filter), command["hint"]));
  DBSTOW_ASSIGN(const std::string projection, Object(command, "projection"));
  if (!projection.empty()) {
    DBSTOW_ASSIGN(request.projection, Projection::Parse(projection));
  }
  DBSTOW_ASSIGN(request.sort, Object(command, "sort"));
  if (!request.sort.empty() && Document(request.sort).empty()) request.sort.clear();
  if (!request.sort.empty()) DBSTOW_TRY(CheckSort(request.sort));
  DBSTOW_ASSIGN(request.min, Object(command, "min"));
  DBSTOW_ASSIGN(request.max, Object(command, "max"));
  DBSTOW_ASSIGN(request.skip, Count(command, "skip"));
  DBSTOW_ASSIGN(request.limit, Count(command, "limit"));
  DBSTOW_ASSIGN(const std::int64_t batch_size, Count(command, "batchSize"));
  if (command.Has("batchSize")) request.batch_size = batch_size;
  request.single_batch = command["singleBatch"].Truthy();
  request.show_record_id = command["showRecordId"].Truthy();
  request.tailable = command["tailable"].Truthy();
  request.await_data = command["awaitData"].Truthy();
  request.request_resume_token = command["$_requestResumeToken"].Truthy();
  DBSTOW_ASSIGN(request.resume_after, Object(command, "$_resumeAfter"));
  DBSTOW_ASSIGN(request.start_at, Object(command, "$_startAt"));
  DBSTOW_TRY(CheckResume(request));
  return request;
}

int FindRequest::natural() const {
  for (const std::string* document : {&hint_key, &sort}) {
    if (document->empty()) continue;
    const Element first = Document(*document).First();
    if (first.name() == "$natural") return first.AsInt64() < 0 ? -1 : 1;
  }
  return 0;
}

}  // namespace dbstow::doubles::mongodb
