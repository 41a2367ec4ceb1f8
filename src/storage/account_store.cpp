// SPDX-License-Identifier: Apache-2.0
#include "storage/account_store.h"

namespace darkroom::storage {

Error no_such_tenant() {
    return Error{ErrorCode::not_found, "no such tenant"};
}

Error no_such_key() {
    return Error{ErrorCode::not_found, "no such key"};
}

Error key_id_taken() {
    return Error{ErrorCode::conflict, "the key's id is taken", "id"};
}

Error no_such_user() {
    return Error{ErrorCode::not_found, "no such user"};
}

Error user_name_taken() {
    return Error{ErrorCode::conflict, "the user's name is taken", "userName"};
}

Error no_such_session() {
    return Error{ErrorCode::not_found, "no such session"};
}

Error too_many_pictures() {
    return Error{
        ErrorCode::resource_exhausted, "the day's pictures are used up", "pictures_per_day"};
}

}  // namespace darkroom::storage
