use std::sync::Arc;

use async_graphql::{Context, ID, InputObject, Object};
use earnorm::Loader;

use super::nodes::{CommentNode, PostNode};
use super::query::database;
use crate::error::Result;
use crate::extract::id;
use crate::posts::{self, ChangePost, NewPost};

/// What can be written.
pub struct Mutation;

/// A new post.
#[derive(InputObject)]
pub(crate) struct PostInput {
    author_id: ID,
    title: String,
    text: String,
    #[graphql(default)]
    tags: Vec<String>,
}

/// A loader keeps what it has read. The fields of a mutation run one after the other, so each of them begins anew.
fn forget(ctx: &Context<'_>) {
    if let Ok(loader) = ctx.data::<Loader>() {
        loader.clear();
    }
}

#[Object]
impl Mutation {
    async fn add_post(&self, ctx: &Context<'_>, post: PostInput) -> Result<PostNode> {
        let PostInput { author_id, title, text, tags } = post;
        let new = NewPost { author_id: id(&author_id)?, title, text, tags: tags.into_iter().collect() };
        let post = posts::insert(database(ctx)?, new).await?;
        forget(ctx);
        Ok(PostNode(Arc::new(post)))
    }

    /// Changes the title if the post has this version.
    async fn rename_post(&self, ctx: &Context<'_>, id: ID, version: i64, title: String) -> Result<PostNode> {
        let change = ChangePost { title: Some(title), text: None };
        let post = posts::change(database(ctx)?, self::id(&id)?, version, change).await?;
        forget(ctx);
        Ok(PostNode(Arc::new(post)))
    }

    async fn add_comment(&self, ctx: &Context<'_>, post_id: ID, author_id: ID, text: String) -> Result<CommentNode> {
        let comment = posts::comment(database(ctx)?, id(&post_id)?, id(&author_id)?, text).await?;
        forget(ctx);
        Ok(CommentNode(comment))
    }
}
